import asyncio
import threading
from contextlib import suppress

import httpx
import pytest

from api.problems import Problem
from api.security.principal import LOCAL
from api.sql.runner import AT_ONCE
from api.sql.runner import MAX_WAITING
from api.sql.runner import Statements
from infra.gateway_settings import GatewaySettings
from tests.services.clickhouse_front import wait_until

LONG = (
    "SELECT count() FROM numbers(1000000) AS a, numbers(1000000) AS b "
    "WHERE cityHash64(a.number, b.number) = {n:UInt64}"
)


def running(clickhouse: str) -> int:
    # In two parts, so that the question does not count itself.
    asked = (
        "SELECT count() FROM system.processes WHERE position(query, concat('AS a, num', 'bers'))"
    )
    found = httpx.post(clickhouse, content=f"{asked} FORMAT JSONCompact", timeout=60)
    return int(found.raise_for_status().json()["data"][0][0])


def test_a_statement_ends_when_its_client_goes_away(listening: str, clickhouse: str) -> None:
    body = {"statement": LONG, "params": {"n": 1}}
    client = httpx.Client(timeout=300)

    def ask() -> None:
        with suppress(httpx.TransportError):
            client.post(f"{listening}/sql", json=body)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    wait_until(lambda: running(clickhouse) == 1, "the statement runs")
    # As a browser does when its page is closed: the connection ends, nothing is said.
    for pool in client._transport._pool.connections:  # type: ignore[attr-defined]
        pool._connection._network_stream.get_extra_info("socket").shutdown(2)

    wait_until(lambda: running(clickhouse) == 0, "the statement has ended")
    asking.join(30)
    answer = httpx.post(f"{listening}/sql", json={"statement": "SELECT 1"}, timeout=60)
    assert answer.json()["data"] == [[1]]


def test_two_run_eight_wait_and_more_are_sent_away(clickhouse: str) -> None:
    settings = GatewaySettings.model_validate({"sql_timeout_s": 300})
    statements = Statements(clickhouse, "islandflow", settings)

    async def ask(statement: str, n: int = 0) -> bytes:
        return await statements.run(statement, {"n": n}, "json", LOCAL)

    async def queue() -> tuple[int, bool, int]:
        long = [asyncio.create_task(ask(LONG, n)) for n in range(AT_ONCE + 1)]
        await asyncio.to_thread(
            wait_until, lambda: running(clickhouse) == AT_ONCE, "two statements run"
        )
        short = [asyncio.create_task(ask("SELECT 1")) for _ in range(MAX_WAITING - 1)]
        await asyncio.sleep(0)
        with pytest.raises(Problem) as sent_away:
            await ask("SELECT 1")
        at_once = await asyncio.to_thread(running, clickhouse)
        is_waiting = not any(each.done() for each in short)
        for each in long:
            each.cancel()
        answers = await asyncio.gather(*short)
        await asyncio.gather(*long, return_exceptions=True)
        assert sent_away.value.code == "capacity"
        return at_once, is_waiting, len(answers)

    assert asyncio.run(queue()) == (2, True, 7)
    wait_until(lambda: running(clickhouse) == 0, "all have ended")


def test_a_statement_over_its_time_is_told_so(clickhouse: str) -> None:
    settings = GatewaySettings.model_validate({"sql_timeout_s": 0.5})
    statements = Statements(clickhouse, "islandflow", settings)

    with pytest.raises(Problem) as late:
        asyncio.run(statements.run(LONG, {"n": 1}, "json", LOCAL))
    assert late.value.code == "sql_timeout"
    assert late.value.status == 504


@pytest.mark.parametrize(
    ("bound", "statement"),
    [
        ({"sql_max_rows": 10}, "SELECT number FROM numbers(11)"),
        ({"sql_max_bytes": 1024}, "SELECT repeat('x', 2000)"),
        ({"sql_max_memory": 1 << 24}, "SELECT length(groupArray(number)) FROM numbers(10000000)"),
    ],
)
def test_bounds_come_from_the_settings(
    clickhouse: str, bound: dict[str, int], statement: str
) -> None:
    def code(settings: GatewaySettings) -> str:
        statements = Statements(clickhouse, "islandflow", settings)
        try:
            asyncio.run(statements.run(statement, {}, "csv", LOCAL))
        except Problem as problem:
            return problem.code
        return "ok"

    patient = {"sql_timeout_s": 300}
    assert code(GatewaySettings.model_validate({**patient, **bound})) == "sql_refused"
    assert code(GatewaySettings.model_validate(patient)) == "ok"


@pytest.mark.parametrize("setting", ["readonly", "max_execution_time", "max_memory_usage"])
def test_the_engine_itself_refuses_to_lift_a_bound(clickhouse: str, setting: str) -> None:
    """What holds when every look at the text before were wrong."""
    settings = GatewaySettings.model_validate({})
    statements = Statements(clickhouse, "islandflow", settings)

    async def past_the_looks() -> bytes:
        text = f"SELECT 1 SETTINGS {setting} = 0"
        return await statements._answer(text, {}, "json")

    with pytest.raises(Problem) as refused:
        asyncio.run(past_the_looks())
    assert "would change something" in refused.value.detail
