"""Kafka, schema registry, ClickHouse and Redis on one machine, in one process, on loopback."""
