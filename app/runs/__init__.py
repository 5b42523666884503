"""Runs without Qt: what is open, how it goes, what it leaves."""
