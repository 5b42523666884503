"""Pictures in and out: video files, image folders, cameras, recordings."""
