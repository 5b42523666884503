"""Live and file engines: threads, slots and queues. No Qt."""
