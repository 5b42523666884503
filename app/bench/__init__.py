"""Times of the engines on a clip, beside MediaPipe's PoseLandmarker."""
