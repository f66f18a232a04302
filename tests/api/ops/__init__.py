"""The gateway as a whole: its routes, its health, its end."""
