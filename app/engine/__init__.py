"""Engines without Qt: live cameras, files, playback, recording and batches, in plain threads."""
