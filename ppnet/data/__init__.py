"""Training data: annotation files, augmentation, rendered people."""
