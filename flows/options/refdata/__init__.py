"""Reference data as of an instant: events, open interest, contract definitions."""
