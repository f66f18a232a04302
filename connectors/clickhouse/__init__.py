"""Tables, the zero-decode sink and queries."""
