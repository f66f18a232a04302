"""The SQL endpoint: what a statement may say, how it runs, how its result looks."""
