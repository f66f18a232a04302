"""The synthetic market's control over REST, with a real feed process."""

import asyncio
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from api.operator.admin_models import SyntheticIn
from api.problems import Problem
from api.rest.admin import change_asked
from api.security.principal import Principal
from connectors.feeds.base.items import Accepted
from connectors.feeds.synthetic.changes import MarketChange
from connectors.feeds.synthetic.changes import MarketSettings
from connectors.feeds.synthetic.changes import RecordedChanges
from connectors.feeds.synthetic.config import SyntheticConfig
from connectors.feeds.synthetic.options import SyntheticOptions
from connectors.kafka.tail import tail
from infra.embedded.stack import StackAddresses
from infra.pipeline.synthetic_log import STATE
from infra.pipeline.synthetic_log import recorded_changes
from infra.pipeline.synthetic_log import said
from infra.settings import load_settings
from schemas.records import OptionsPrint
from tests.api.operator.parts import client_of
from tests.infra.cli.command import interrupted
from tests.infra.cli.command import running
from tests.infra.cli.command import wait_until
from tests.stack import prepared_stack

SEED = 11
CONTROL = "/admin/synthetic/control"
OPERATOR = Principal("token", frozenset({"read", "operate"}), "token")
STATED = said(
    STATE,
    "11-1",
    SEED,
    MarketChange(settings=MarketSettings(mode="active", equities_mode="realistic")),
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("synthetic") / "data"


@pytest.fixture(scope="module")
def synthetic(data: Path) -> Iterator[StackAddresses]:
    """Yield services of their own, so that a session is all there is in the log."""
    with prepared_stack(data) as found:
        yield found


def parts_of(addresses: StackAddresses) -> Any:  # noqa: ANN401 - parts
    return SimpleNamespace(addresses=addresses, settings=load_settings())


def asked(addresses: StackAddresses, method: str, path: str, body: object = None) -> httpx.Response:
    async def go() -> httpx.Response:
        async with client_of(parts_of(addresses)) as client:
            return await client.request(method, path, json=body)

    return asyncio.run(go())


def test_where_no_synthetic_feed_runs_there_is_nothing_to_control(
    synthetic: StackAddresses,
) -> None:
    for method, path in (("GET", "/admin/synthetic/status"), ("GET", CONTROL), ("PUT", CONTROL)):
        found = asked(synthetic, method, path, {} if method == "PUT" else None)
        assert (found.status_code, found.json()["code"]) == (409, "not_synthetic")


def test_a_running_market_is_changed_and_explained_by_the_log(
    synthetic: StackAddresses, data: Path
) -> None:
    output = data.parent / "feed.txt"
    settings = {"SYNTHETIC_SEED": str(SEED), "EMIT_INTERVAL_MS": "500"}
    with running("feed", "synthetic", "--data", data, output=output, settings=settings) as process:
        wait_until(lambda: asked(synthetic, "GET", CONTROL).status_code == 200, output.read_text)
        before = asked(synthetic, "GET", CONTROL).json()
        assert (before["mode"], before["seed"], before["focus"]) == ("realistic", SEED, [])
        assert "call_sweep" in before["scenarios"]

        changed = asked(
            synthetic,
            "PUT",
            CONTROL,
            {
                "mode": "active",
                "factors": {"prints": 2, "quotes": 1, "scenarios": 0},
                "focus": ["NVDA"],
                "inject": {"scenario": "call_sweep", "symbol": "NVDA"},
                "command_id": "one",
            },
        )
        assert changed.status_code in {200, 202}, changed.text
        wait_until(lambda: mode_of(synthetic) == "active", output.read_text)
        refused = asked(synthetic, "PUT", CONTROL, {"focus": ["ZZZZ"]})
        assert refused.status_code in {202, 422}, refused.text
        status = asked(synthetic, "GET", "/admin/synthetic/status").json()
        session = status["session"]
        assert session.startswith(f"{SEED}-")
        wait_until(lambda: newest_print(synthetic) is not None, output.read_text)
        assert interrupted(process) == 0, output.read_text()

    assert asked(synthetic, "GET", CONTROL).json()["code"] == "not_synthetic"
    explained(synthetic, session)


def mode_of(addresses: StackAddresses) -> str:
    return str(asked(addresses, "GET", CONTROL).json().get("mode"))


def published(addresses: StackAddresses) -> list[OptionsPrint]:
    found = [
        each.record
        for each in tail(addresses.kafka, addresses.registry, "options.prints")
        if isinstance(each.record, OptionsPrint)
    ]
    return sorted(found, key=lambda each: each.seq)


def newest_print(addresses: StackAddresses) -> OptionsPrint | None:
    found = published(addresses)
    return found[-1] if len(found) > 50 else None


def explained(addresses: StackAddresses, session: str) -> None:
    """Make the session again from its seed, its start and its changes in the log."""
    prints = published(addresses)
    changes = recorded_changes(addresses, session)
    assert [change.inject for _, change in changes][:1] == ["call_sweep"]
    start_ns = int(session.partition("-")[2])
    market = SyntheticOptions(
        SyntheticConfig(
            seed=SEED,
            start_ts=start_ns,
            mode="realistic",
            equities_mode="realistic",
            emit_interval_ms=500,
        )
    )
    end_ns = prints[-1].source_ts
    again = [
        each.record
        for _, items in takewhile(
            lambda tick: tick[0] <= end_ns, market.ticks(changes=RecordedChanges(changes))
        )
        for each in items
        if isinstance(each, Accepted) and isinstance(each.record, OptionsPrint)
    ]
    same = [
        (one.trace_id, one.source_ts, one.price, one.size, one.option_contract_id)
        for one in again[: len(prints)]
    ]
    assert same == [
        (one.trace_id, one.source_ts, one.price, one.size, one.option_contract_id) for one in prints
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"seed": 12}, "seed"),
        ({"preset": "busy"}, "preset"),
        ({"inject": {"scenario": "dark_block"}}, "inject.scenario"),
    ],
)
def test_what_a_running_session_cannot_change_is_named(body: dict[str, Any], field: str) -> None:
    with pytest.raises(Problem) as found:
        change_asked(SyntheticIn.model_validate(body), STATED)

    assert (found.value.status, [name for name, _ in found.value.errors]) == (422, [field])


def test_what_is_left_out_stays_and_a_mode_is_of_both_sides() -> None:
    asked_for = SyntheticIn.model_validate({"focus": ["SPY"], "seed": SEED})
    both = SyntheticIn.model_validate({"mode": "firehose"})

    kept, changed = change_asked(asked_for, STATED).settings, change_asked(both, STATED).settings

    assert kept == MarketSettings(mode="active", equities_mode="realistic", focus=("SPY",))
    assert (changed.mode, changed.equities_mode) == ("firehose", "firehose")


def test_only_administrators_see_and_change_the_market(synthetic: StackAddresses) -> None:
    async def go() -> None:
        async with client_of(parts_of(synthetic), OPERATOR) as client:
            for path in ("/admin/synthetic/status", CONTROL):
                assert (await client.get(path)).json()["code"] == "scope_missing"

    asyncio.run(go())


def test_trading_is_not_there(synthetic: StackAddresses) -> None:
    for method, path in (("GET", "/trading/status"), ("POST", "/trading/kill")):
        found = asked(synthetic, method, path)
        assert (found.status_code, found.json()["code"]) == (404, "not_found")
