"""Tracks of other programs read in: one file per format, the choice in `choice.py`."""
