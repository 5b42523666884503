"""What the commands of the window do, by area, and the one table of them."""
