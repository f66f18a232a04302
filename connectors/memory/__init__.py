"""A log, a registry and an output inside one process: the flows as they are, without services."""
