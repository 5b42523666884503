"""Rendered people: posed bodies in clothes before real or drawn backdrops, with their exact keypoints."""
