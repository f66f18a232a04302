"""The live stack aggregates equities of the feed it runs."""

from pathlib import Path

import pytest

from infra.embedded.stack import StackAddresses
from infra.pipeline.live import LiveStack
from infra.settings import read_settings

ADDRESSES = StackAddresses("127.0.0.1:1", "http://127.0.0.1:1", "http://127.0.0.1:1", "redis://")


@pytest.mark.parametrize(
    ("command", "adapter"),
    [(("feed", "file", "--path", "x"), "file"), (("feed", "synthetic"), "synthetic"), ((), None)],
)
def test_feed_that_runs_decides_whose_equity_prints_count(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    adapter: str | None,
) -> None:
    monkeypatch.delenv("EQUITIES_INGEST_ADAPTER", raising=False)
    settings = read_settings({}, None)

    live = LiveStack(settings, ADDRESSES, tmp_path, feed_command=command, workers=1)

    told = {flow.spec.environment.get("EQUITIES_INGEST_ADAPTER") for flow in live._flows}
    assert told == {adapter}
