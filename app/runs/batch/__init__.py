"""Many inputs, one after another or at the same time."""
