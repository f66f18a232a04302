"""Options flow: from an option print to a scored alert."""
