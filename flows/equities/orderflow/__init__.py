"""Signed volume and its aggression."""
