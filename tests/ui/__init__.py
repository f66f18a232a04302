"""Tests of what the terminal ships beside its own."""
