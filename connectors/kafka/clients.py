"""Kafka clients as all of ours are set up."""

from typing import Final

from confluent_kafka.admin import AdminClient

WARNING: Final = 4


def admin_client(brokers: str) -> AdminClient:
    """Return a client for topics; what librdkafka says below a warning is not for users."""
    return AdminClient({"bootstrap.servers": brokers, "log_level": WARNING})
