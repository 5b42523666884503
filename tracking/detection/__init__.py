"""Finding people in one picture."""
