"""Kafka clients as all of ours are set up."""

from typing import Final

from confluent_kafka.admin import AdminClient

WARNING: Final = 4


def admin_client(brokers: str) -> AdminClient:
    """Return a client for topics; what librdkafka says below a warning is not for users."""
    return AdminClient({"bootstrap.servers": brokers, "log_level": WARNING})


def looking_on(brokers: str, group: str) -> dict[str, str | int | float | bool]:
    """Return the settings of a consumer that leaves no trace: no offsets, no new topics."""
    return {
        "bootstrap.servers": brokers,
        "group.id": group,
        "enable.auto.commit": False,
        "allow.auto.create.topics": False,
    }
