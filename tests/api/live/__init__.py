"""Tests of the live side: rings, frames, sockets, resuming."""
