"""Routes by subject; see the gateway specification, 5 to 10."""
