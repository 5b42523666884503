"""From frames to tracked, steadied people: video files and cameras, detector, tracker, smoothing, results."""
