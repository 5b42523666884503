"""Many inputs, one after the other or at the same time."""
