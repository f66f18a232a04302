"""The synthetic options market: seeded, deterministic, with scenarios whose labels stay outside."""
