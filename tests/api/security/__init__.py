"""Who is let in, what is refused, and what a statement may do."""
