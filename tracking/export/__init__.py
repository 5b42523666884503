"""Sessions written in the formats of others: one file per format, the list in `formats.py`."""
