"""How good tracks and curves are: id switches, jitter, lag."""
