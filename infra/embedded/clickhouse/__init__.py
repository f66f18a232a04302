"""The ClickHouse engine in this process, behind ClickHouse's own HTTP interface."""
