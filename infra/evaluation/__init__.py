"""Measure detection: labelled activity through the real flow, and what was made of it."""
