"""The synthetic options market: seeded, deterministic, good enough to show life."""
