"""Bars of prints: 1 s, and the longer ones merged of them."""
