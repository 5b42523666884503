"""Runs without Qt: every frame of an input, from the source to the files it leaves."""
