"""A flow is built to read the topics of its scope, in the order the live one gave them."""

import pytest

from infra.embedded.stack import StackAddresses
from infra.flow_setup import source_config
from infra.settings import FlowSettings

ADDRESSES = StackAddresses(
    kafka="localhost:1",
    registry="http://localhost:2",
    clickhouse="http://localhost:3",
    redis="redis://localhost:4",
)
RAW = ("equities.quotes", "equities.prints")
DERIVED = ("options.tape",)
GROUP = "islandflow-equities"
NONE = ("", "", "")
READ = ("control.order", GROUP, "")
KEPT = ("control.order", GROUP, "control.progress")


@pytest.mark.parametrize(
    ("namespace", "raw_namespace", "topics", "expected"),
    [
        ("", "", RAW, KEPT),
        ("replay.x", "", RAW, READ),  # the live journal, and nothing to add to it
        ("replay.x", "replay.x", RAW, NONE),  # a copy has marks of its own
        ("", "", DERIVED, NONE),
        ("replay.x", "", DERIVED, NONE),
    ],
)
def test_the_live_flow_keeps_its_journal_and_a_replay_of_the_live_log_reads_it(
    namespace: str, raw_namespace: str, topics: tuple[str, ...], expected: tuple[str, str, str]
) -> None:
    settings = FlowSettings.model_validate(
        {"flow_namespace": namespace, "flow_raw_namespace": raw_namespace}
    )

    config = source_config(settings, ADDRESSES, GROUP, topics, "all")

    assert (config.journal_topic, config.journal_key, config.progress_topic) == expected
