"""Session files: results as they come, edits on top, and what both give together."""
