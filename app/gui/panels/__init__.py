"""The pages beside the picture, and what keeps them up to date."""
