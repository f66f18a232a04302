"""Replays: a past session through the same flows, under a name of its own."""
