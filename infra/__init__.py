"""The command line, settings, embedded services and deployment files."""
