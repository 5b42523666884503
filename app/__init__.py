"""The application: command line, engines and window."""
