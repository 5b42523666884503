"""What is open and what is done with it, without Qt."""
