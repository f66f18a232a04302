"""Rolling baselines of the options flow: what is usual for a contract and its underlying."""
