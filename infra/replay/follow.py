"""Follow a control topic in the background."""

import threading
from collections.abc import Callable
from typing import Final

import structlog

from connectors.errors import ConnectorError
from connectors.errors import TransientConnector
from connectors.kafka.admin import describe_topic
from connectors.kafka.bounded import Start
from connectors.kafka.tail import TailedRecord
from connectors.kafka.tail import tail
from infra.embedded.stack import StackAddresses

log: Final = structlog.get_logger(__name__)

RETRY_S: Final = 1.0
JOIN_S: Final = 5.0


def end_of(kafka: str, topic: str) -> Start:
    """
    Return the place behind the last record of a topic of one partition.

    Raises
    ------
    MisconfiguredConnector
        There is no such topic.
    TransientConnector
        The broker does not answer.
    """
    return Start("offset", describe_topic(kafka, topic).partitions[0].next_offset)


class Follower:
    """
    A thread that hands over each record of a topic of one partition.

    Delivery: at least once; while the broker does not answer it waits and goes on behind the last
    record handed over. Messages that are no records are counted in `rejected`.

    Parameters
    ----------
    addresses : StackAddresses
        Broker and registry.
    topic : str
        Topic.
    start : Start
        Where to begin.
    receive : callable
        Gets each record, in the thread.
    stop : threading.Event
        Ends the thread; `close` sets it.
    """

    def __init__(
        self,
        addresses: StackAddresses,
        topic: str,
        start: Start,
        receive: Callable[[TailedRecord], None],
        stop: threading.Event,
    ) -> None:
        self._addresses = addresses
        self._topic = topic
        self._start = start
        self._receive = receive
        self._failure: ConnectorError | None = None
        self.rejected = 0
        self._stop = stop
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def check(self) -> None:
        """
        Return if it follows.

        Raises
        ------
        ConnectorError
            It had to give up.
        """
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """End the thread."""
        self._stop.set()
        self._thread.join(JOIN_S)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._follow()
            except TransientConnector as error:
                log.warning("control_topic_unreadable", topic=self._topic, error=str(error))
                self._stop.wait(RETRY_S)
            except ConnectorError as error:
                self._failure = error
                return

    def _follow(self) -> None:
        at = self._addresses
        for each in tail(
            at.kafka, at.registry, self._topic, self._start, follow=True, stop=self._stop
        ):
            if each.record is not None:
                self._receive(each)
            elif each.source.value is not None:
                self.rejected += 1
                log.warning(
                    "control_record_rejected",
                    topic=self._topic,
                    offset=each.source.offset,
                    error=each.error,
                )
            self._start = Start("offset", each.source.offset + 1)
