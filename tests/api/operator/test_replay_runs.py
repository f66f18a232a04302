"""Replay runs over REST, on recorded records, executed by a real worker process."""

import asyncio
import time
from collections.abc import AsyncIterator
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import asynccontextmanager
from itertools import takewhile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from api.operator import replay_gate
from api.operator.replay_gate import ReplayGate
from api.operator.replay_models import RunIn
from api.operator.replay_models import request_of
from api.operator.replay_models import run_name
from api.problems import Problem
from api.security.principal import LOCAL
from api.security.principal import Principal
from connectors.feeds.base.publisher import FeedPublisher
from connectors.feeds.base.publisher import PublisherConfig
from connectors.feeds.synthetic.config import SyntheticConfig
from connectors.feeds.synthetic.options import SyntheticOptions
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.serde import AvroWire
from infra.embedded.stack import StackAddresses
from infra.replay.commands import Ask
from infra.replay.names import check_run
from infra.settings import load_settings
from schemas.records import ReplayStatus
from tests.api.operator.parts import TestHub
from tests.api.operator.parts import client_of
from tests.infra.cli.command import interrupted
from tests.infra.cli.command import running

NS_PER_S = 1_000_000_000
# Friday 2026-11-20, 10:00 Eastern.
START_NS = 1_795_186_800 * NS_PER_S
SECONDS = 90
DEADLINE_S = 120.0
READER = Principal("reader", frozenset({"read"}), "token")

Client = httpx.AsyncClient


@pytest.fixture(scope="module")
def recorded(addresses: StackAddresses, operator_data: Path) -> StackAddresses:
    """Return the services with a minute and a half of a market in the log."""
    market = SyntheticOptions(
        SyntheticConfig(seed=3, start_ts=START_NS, mode="realistic", equities_mode="realistic")
    )
    end_ns = START_NS + SECONDS * NS_PER_S
    items = [
        item
        for _, found in takewhile(lambda tick: tick[0] < end_ns, market.ticks())
        for item in found
    ]
    registry = SchemaRegistry(addresses.registry)
    publisher = FeedPublisher(
        PublisherConfig(brokers=addresses.kafka, data_folder=operator_data),
        AvroWire(registry).prefix,
    )
    publisher.publish(items, [market.origin])
    registry.close()
    return addresses


@asynccontextmanager
async def gateway(
    addresses: StackAddresses, principal: Principal = LOCAL
) -> AsyncIterator[tuple[Client, ReplayGate, TestHub]]:
    hub = TestHub()
    gate = ReplayGate(addresses, hub)
    await gate.start()
    await until(lambda: is_connected(gate), "the gate follows what runs say")
    try:
        parts = SimpleNamespace(replay=gate, settings=load_settings())
        async with client_of(parts, principal) as client:
            yield client, gate, hub
    finally:
        await gate.stop()


async def is_connected(gate: ReplayGate) -> bool:
    try:
        gate.runs()
    except Problem:
        return False
    return True


async def until(is_so: Callable[[], Awaitable[bool]], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not await is_so():
        assert time.monotonic() < deadline, f"not in {DEADLINE_S} s: {what}"
        await asyncio.sleep(0.05)


async def run_until(client: Client, run: str, is_so: Callable[[dict[str, Any]], bool]) -> Any:  # noqa: ANN401 - JSON
    newest: dict[str, Any] = {}

    async def reached() -> bool:
        answer = await client.get(f"/replay/runs/{run}")
        newest.update(answer.json())
        return answer.status_code == 200 and is_so(newest)

    await until(reached, f"{run}: {newest}")
    return newest


@pytest.fixture
def worker(recorded: StackAddresses, operator_data: Path) -> Iterator[StackAddresses]:
    output = operator_data.parent / "worker.txt"
    with running("replay", "worker", "--data", operator_data, output=output) as process:
        yield recorded
        assert interrupted(process) == 0, output.read_text()


def test_without_a_worker_nothing_is_created(recorded: StackAddresses) -> None:
    async def go() -> None:
        async with gateway(recorded) as (client, _, _):
            made = await client.post("/replay/runs", json={})
            assert (made.status_code, made.json()["code"]) == (503, "replay_unavailable")
            assert (await client.get("/replay/runs")).json()["has_worker"] is False
            unknown = await client.post("/replay/runs/nobody/pause")
            assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")

    asyncio.run(go())


def test_a_run_is_created_driven_watched_and_deleted(worker: StackAddresses) -> None:
    async def go() -> None:
        async with gateway(worker) as (client, gate, hub):
            await until(lambda: has_worker(client), "the worker lives")
            run = await created(client)
            await driven(client, run)
            found = gate.status(run)
            assert (found.topic_namespace, found.generation) == (f"replay.{run}-2", 2)
            assert found.stored_in == f"islandflow_replay_{run.replace('-', '_')}"
            clocks = [each["clock"]["event_ts"] for each in hub.told("replay-clock")]
            assert len({each for each in clocks if each is not None}) > 1
            await deleted(client, gate, run)

    asyncio.run(go())


async def has_worker(client: Client) -> bool:
    return bool((await client.get("/replay/runs")).json()["has_worker"])


async def created(client: Client) -> str:
    asked = {
        "command_id": "make-1",
        "label": "Friday morning",
        "paused": True,
        "speed": 60,
        "start_ts": START_NS // 10**6 + 10_000,
        "end_ts": "2026-11-20T10:01:20-05:00",
        "underlying_ids": ["spy", "NVDA"],
    }
    made = await client.post("/replay/runs", json=asked)
    assert made.status_code in {201, 202}, made.text
    run = str(made.json()["run_id"])
    assert run == run_name("Friday morning", "make-1")
    assert made.headers["Location"] == f"/replay/runs/{run}"
    assert (await client.get(made.headers["Location"])).status_code == 200
    again = await client.post("/replay/runs", json=asked)
    assert again.json()["run_id"] == run
    listed = (await client.get("/replay/runs")).json()["data"]
    assert [each["run_id"] for each in listed] == [run]
    other = await client.post("/replay/runs", json={**asked, "speed": 1})
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    found = await run_until(client, run, lambda each: each["state"] == "paused")
    assert (found["speed"], found["generation"], found["live"]) == (60.0, 1, True)
    assert found["matches_live"] == "unknown"
    assert set(found["records"]) <= {
        *("options", "nbbo", "equities", "equity-quotes"),
        *("refdata.events", "refdata.open-interest"),
    }
    return run


async def driven(client: Client, run: str) -> None:
    path = f"/replay/runs/{run}"
    paused = [await client.post(f"{path}/pause") for _ in range(2)]
    assert {each.status_code for each in paused} <= {200, 202}
    before = await run_until(client, run, lambda each: each["state"] == "paused")
    step = {"by": "event", "n": 5, "command_id": "step-1"}
    for _ in range(2):
        stepped = await client.post(f"{path}/step", json=step)
        assert stepped.status_code in {200, 202}, stepped.text
    after = await run_until(
        client, run, lambda each: sum(each["records"].values()) > sum(before["records"].values())
    )
    assert sum(after["records"].values()) == sum(before["records"].values()) + 5

    assert (await client.post(f"{path}/speed", json={"speed": 2})).status_code in {200, 202}
    await run_until(client, run, lambda each: each["speed"] == 2.0)
    await client.post(f"{path}/resume")
    await run_until(client, run, lambda each: each["state"] == "playing")
    refused = await client.post(f"{path}/step", json={"by": "bar"})
    assert (refused.status_code, refused.json()["code"]) == (409, "run_state")
    forward = START_NS + 40 * NS_PER_S
    await client.post(f"{path}/pause")
    await client.post(f"{path}/seek", json={"ts": str(forward)})
    await run_until(client, run, lambda each: int(each["clock"]["event_ts"] or 0) >= forward)
    back = START_NS + 20 * NS_PER_S
    await client.post(f"{path}/seek", json={"ts": str(back)})
    found = await run_until(
        client, run, lambda each: each["generation"] == 2 and each["state"] == "paused"
    )
    assert found["visible_from_ts"] == str(back)
    outside = await client.post(f"{path}/seek", json={"ts": str(START_NS)})
    assert (outside.status_code, outside.json()["code"]) == (409, "run_state")


async def deleted(client: Client, gate: ReplayGate, run: str) -> None:
    gone = await client.delete(f"/replay/runs/{run}?command_id=gone-1")
    assert gone.status_code in {200, 202}

    async def is_gone() -> bool:
        return (await client.get(f"/replay/runs/{run}")).status_code == 404

    await until(is_gone, "the run is deleted")
    assert (await client.get("/replay/runs")).json()["data"] == []
    with pytest.raises(Problem, match="no replay run"):
        gate.status(run)
    again = await client.delete(f"/replay/runs/{run}?command_id=gone-1")
    assert (again.status_code, again.json()["state"]) == (200, "deleted")


class SilentControl:
    """A worker that takes commands and has said nothing of any run yet."""

    def __init__(self, addresses: StackAddresses) -> None:
        self.said: dict[str, ReplayStatus] = {}

    def statuses(self) -> dict[str, ReplayStatus]:
        return self.said

    def has_worker(self) -> bool:
        return True

    def ask(self, run: str, ask: Ask, timeout_s: float, command_id: str) -> None:
        return None

    def close(self) -> None:
        pass


def test_a_run_is_there_before_it_has_said_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_gate, "ReplayControl", SilentControl)

    async def go() -> None:
        async with gateway(StackAddresses("", "", "", "")) as (client, gate, _):
            made = await client.post("/replay/runs", json={"label": "early"})
            assert (made.status_code, made.json()["state"]) == (202, "created")
            path = made.headers["Location"]
            found = await client.get(path)
            assert (found.status_code, found.json()["live"]) == (200, True)
            run = made.json()["run_id"]
            assert [each.run for each in gate.runs()] == [run]
            assert (await client.delete(path)).status_code == 202
            assert (await client.get(path)).status_code == 404

    asyncio.run(go())


def test_a_reader_watches_runs_and_asks_nothing_of_them(recorded: StackAddresses) -> None:
    async def go() -> None:
        async with gateway(recorded, READER) as (client, _, _):
            assert (await client.get("/replay/runs")).status_code == 200
            made = await client.post("/replay/runs", json={})
            assert (made.status_code, made.json()["code"]) == (403, "scope_missing")

    asyncio.run(go())


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"source": "file:vst.csv"}, "source"),
        ({"start_ts": "yesterday"}, "start_ts"),
        ({"start_ts": START_NS, "end_ts": START_NS - 1}, "end_ts"),
        ({"speed": 0.05}, "speed"),
    ],
)
def test_what_a_run_cannot_be_is_named(given: dict[str, Any], field: str) -> None:
    with pytest.raises(Problem) as found:
        request_of(RunIn.model_validate(given), "run-r0", load_settings().replay)

    assert (found.value.status, [name for name, _ in found.value.errors]) == (422, [field])


def test_a_run_left_to_its_defaults_is_as_the_settings_say() -> None:
    found = request_of(RunIn.model_validate({}), "run-r0", load_settings().replay)

    assert (found.speed, found.batch_size, found.from_ns, found.to_ns) == (1.0, 200, 0, 0)
    assert found.streams == ("options", "nbbo", "equities", "equity-quotes")
    assert found.is_clocked


@pytest.mark.parametrize("label", ["", "Friday", "2026", "--", "x" * 90, "Ünicode 7", "a-1"])
def test_a_name_made_of_any_label_is_one(label: str) -> None:
    assert check_run(run_name(label, "c")) != run_name(label, "d")
