"""Ordered source, batched sink, Avro on the wire, dead letters, topics."""
