"""Persist: every topic into its ClickHouse table, without decoding a record."""
