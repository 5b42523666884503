"""From frames to tracked, smoothed people: video files and cameras, detector, tracker, smoothing, results."""
