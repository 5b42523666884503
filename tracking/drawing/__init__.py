"""Drawing what is known of a frame over its picture."""
