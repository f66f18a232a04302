"""Everything that touches the outside: Kafka, ClickHouse, Redis, vendors, files."""
