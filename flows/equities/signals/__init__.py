"""Strategies as state machines."""
