"""The SQL endpoint: what it answers, what it refuses, where it stops."""
