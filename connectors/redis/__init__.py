"""Redis: hot state that may be lost."""
