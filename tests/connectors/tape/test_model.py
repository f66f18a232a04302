"""What may be asked of a tape, and the ranks of its topics."""

from typing import Any

import numpy as np
import pytest

from connectors.errors import MisconfiguredConnector
from connectors.kafka.stamps import NO_STAMP
from connectors.tape.log import LogTape
from connectors.tape.log import LogTapeConfig
from connectors.tape.model import TAPE_TOPICS
from connectors.tape.model import stamps_ms
from connectors.tape.model import tape_topics
from redpanda.catalog import topics_of
from schemas._wire import encode_long

ASKED: dict[str, Any] = {"brokers": "127.0.0.1:1", "topics": TAPE_TOPICS}


def test_topics_of_the_tape_are_the_raw_ones() -> None:
    assert sorted(TAPE_TOPICS) == sorted(topics_of("raw"))


def test_topics_come_by_rank_and_once() -> None:
    asked = ["options.prints", "equities.quotes", "options.prints", "refdata.events"]

    assert tape_topics(asked) == ("refdata.events", "equities.quotes", "options.prints")


@pytest.mark.parametrize(
    "wrong",
    [{"topics": ()}, {"topics": ("options.tape",)}, {"from_ns": -1}, {"from_ns": 5, "until_ns": 4}],
)
def test_what_cannot_be_read_is_refused_before_a_broker_is_asked(wrong: dict[str, Any]) -> None:
    with pytest.raises(MisconfiguredConnector):
        LogTape(LogTapeConfig(**{**ASKED, **wrong}))


def test_message_is_stamped_with_its_own_time_or_with_that_of_its_place() -> None:
    stamped = b"\0\0\0\0\7" + encode_long(5_999_999)
    before_1970 = b"\0\0\0\0\7" + encode_long(-1)
    order_ns = np.array([9_000_000, 9_000_000, NO_STAMP, 9_000_000])

    assert stamps_ms([stamped, None, b"", before_1970], order_ns) == [5, 9, 0, 0]
