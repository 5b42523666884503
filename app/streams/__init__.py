"""Results sent to other programs while a run goes: only when asked for, and only where told (docs/streams.md)."""
