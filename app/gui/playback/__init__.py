"""What lies under the picture: transport, timeline and the bar that records."""
