"""The picture: painted, zoomed, clicked and drawn on."""
