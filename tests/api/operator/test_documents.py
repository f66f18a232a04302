"""Operator's documents over REST and the embedded ClickHouse."""

import asyncio
from collections.abc import Awaitable
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from api.operator.bodies import KINDS
from api.operator.documents import MAX_BYTES
from api.operator.documents import MAX_PER_KIND
from api.operator.documents import Documents
from api.security.principal import Principal
from connectors.clickhouse.config import ClickHouseConfig
from infra.embedded.stack import StackAddresses
from tests.api.operator.parts import client_of
from tests.api.operator.parts import operator_parts

BODIES: dict[str, dict[str, Any]] = {
    "watchlists": {"symbols": ["SPY", "BRK.B"]},
    "presets": {"stream": "options", "filters": {"side": ["A", "AA"], "min_notional": 25000}},
    "workspaces": {"key": 1, "panes": [{"kind": "tape", "width": 0.5}]},
    "alert-rules": {"stream": "alerts", "filters": {"min_score": 80}, "actions": []},
    "settings": {"theme": "dark", "volume": 0.4},
    "acks": {"trade_date": "2026-11-20", "seen": ["al:1"]},
}
READER = Principal("reader", frozenset({"read"}), "token")

Steps = Callable[[httpx.AsyncClient], Awaitable[None]]


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    return "".join(each if each.isalnum() else "_" for each in request.node.name)


def play(addresses: StackAddresses, database: str, steps: Steps) -> None:
    async def go() -> None:
        async with operator_parts(addresses, database) as parts, client_of(parts) as client:
            await steps(client)

    asyncio.run(go())


@pytest.mark.parametrize("kind", KINDS)
def test_a_document_of_every_kind_lives_through_its_life(
    addresses: StackAddresses, database: str, kind: str
) -> None:
    async def steps(client: httpx.AsyncClient) -> None:
        made = await client.post(f"/{kind}", json={"name": "First one", "body": BODIES[kind]})
        assert made.status_code == 201, made.text
        path = made.headers["Location"]
        assert made.headers["ETag"] == '"1"'
        assert path == f"/{kind}/{made.json()['id']}"
        listed = await client.get(f"/{kind}")
        assert listed.json() == {"data": [made.json()]}
        same = await client.get(f"/{kind}", headers={"If-None-Match": listed.headers["ETag"]})
        assert same.status_code == 304

        put = await client.put(
            path, json={"name": "Second", "body": BODIES[kind]}, headers={"If-Match": '"1"'}
        )
        assert (put.status_code, put.json()["version"], put.json()["name"]) == (200, 2, "Second")
        assert (await client.get(path)).json() == put.json()
        gone = await client.delete(path, headers={"If-Match": put.headers["ETag"]})
        assert gone.status_code == 204
        assert (await client.get(path)).json()["code"] == "not_found"
        assert (await client.get(f"/{kind}")).json() == {"data": []}

    play(addresses, database, steps)


def test_a_change_says_which_version_it_changes(addresses: StackAddresses, database: str) -> None:
    body = {"name": "Mine", "body": BODIES["watchlists"]}

    async def steps(client: httpx.AsyncClient) -> None:
        path = (await client.post("/watchlists", json=body)).headers["Location"]
        without = await client.put(path, json=body)
        assert (without.status_code, without.json()["code"]) == (428, "version_required")
        assert (await client.delete(path)).status_code == 428
        await client.put(path, json=body, headers={"If-Match": '"1"'})
        stale = await client.put(path, json=body, headers={"If-Match": '"1"'})
        assert (stale.status_code, stale.json()["code"]) == (412, "version_mismatch")
        assert stale.headers["ETag"] == '"2"'
        assert (await client.delete(path, headers={"If-Match": '"1"'})).status_code == 412
        wrong = await client.put(path, json=body, headers={"If-Match": "*"})
        assert wrong.json()["errors"][0]["field"] == "If-Match"

    play(addresses, database, steps)


@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        ("watchlists", {"symbols": ["spy"]}, "body.symbols.0"),
        ("watchlists", {"symbols": [], "colour": 1}, "body.colour"),
        ("watchlists", {"symbols": [], "v": 2}, "body.v"),
        ("presets", {"stream": "options", "filters": {"sid": ["A"]}}, "body"),
        ("presets", {"stream": "nothing"}, "body"),
        ("alert-rules", {"stream": "equities", "dedupe_by": "classifier"}, "body"),
        ("alert-rules", {"stream": "alerts", "cooldown_s": -1}, "body.cooldown_s"),
        ("alert-rules", {"stream": "alerts", "snooze_until": "17"}, "body.snooze_until"),
        (
            "alert-rules",
            {"stream": "alerts", "quiet_hours": {"from": "25:00", "to": "07:00"}},
            "body.quiet_hours.from",
        ),
        (
            "alert-rules",
            {"stream": "alerts", "actions": [{"kind": "webhook", "url": "http://a.example/"}]},
            "body.actions.0.webhook.url",
        ),
        ("acks", {"seen": []}, "body.trade_date"),
        ("workspaces", {"key": 10}, "body.key"),
    ],
)
def test_a_body_that_is_not_of_its_kind_is_refused_by_field(
    addresses: StackAddresses, kind: str, body: dict[str, Any], field: str
) -> None:
    async def steps(client: httpx.AsyncClient) -> None:
        found = await client.post(f"/{kind}", json={"name": "x", "body": body})

        assert (found.status_code, found.json()["code"]) == (422, "parameter_invalid")
        assert [each["field"] for each in found.json()["errors"]] == [field]

    play(addresses, "refused", steps)


def test_size_and_number_of_documents_are_bounded(addresses: StackAddresses, database: str) -> None:
    async def steps(client: httpx.AsyncClient) -> None:
        large = {"name": "Large", "body": {"text": "x" * MAX_BYTES}}
        assert (await client.post("/settings", json=large)).json()["code"] == "too_large"
        each = [{"id": f"w{n}", "name": f"{n}", "body": {"symbols": []}} for n in range(200)]
        put = await client.put("/operator/bundle", json={"documents": {"watchlists": each}})
        assert put.json() == {"restored": MAX_PER_KIND}
        one_more = await client.post("/watchlists", json={"name": "x", "body": {"symbols": []}})
        assert (one_more.status_code, one_more.json()["code"]) == (409, "conflict")
        more = {"documents": {"watchlists": [{**each[0], "id": "another"}]}}
        assert (await client.put("/operator/bundle", json=more)).status_code == 409

    play(addresses, database, steps)


def test_a_bundle_brings_back_what_was_changed_and_deleted(
    addresses: StackAddresses, database: str
) -> None:
    async def steps(client: httpx.AsyncClient) -> None:
        for kind in KINDS:
            await client.post(f"/{kind}", json={"name": kind, "body": BODIES[kind]})
        bundle = (await client.get("/operator/bundle")).json()
        path = f"/watchlists/{bundle['documents']['watchlists'][0]['id']}"
        await client.delete(path, headers={"If-Match": '"1"'})

        restored = await client.put("/operator/bundle", json=bundle)

        assert restored.json() == {"restored": len(KINDS)}
        again = (await client.get("/operator/bundle")).json()
        for kind in KINDS:
            [before], [after] = bundle["documents"][kind], again["documents"][kind]
            assert (after["id"], after["name"], after["body"]) == (
                *(before["id"], before["name"], before["body"]),
            )
            assert after["version"] > before["version"]

    play(addresses, database, steps)


def test_a_second_document_of_a_trading_date_is_refused(
    addresses: StackAddresses, database: str
) -> None:
    async def steps(client: httpx.AsyncClient) -> None:
        made = await client.post("/acks", json={"name": "Friday", "body": BODIES["acks"]})
        assert made.headers["Location"] == "/acks/2026-11-20"
        again = await client.post("/acks", json={"name": "Friday", "body": BODIES["acks"]})
        assert (again.status_code, again.json()["code"]) == (409, "conflict")
        other = {**BODIES["acks"], "trade_date": "2026-11-19"}
        moved = await client.put(
            "/acks/2026-11-20", json={"name": "x", "body": other}, headers={"If-Match": '"1"'}
        )
        assert moved.status_code == 409

    play(addresses, database, steps)


def test_a_reader_sees_documents_but_changes_none_and_sees_no_secrets(
    addresses: StackAddresses, database: str
) -> None:
    async def go() -> None:
        async with (
            operator_parts(addresses, database) as parts,
            client_of(parts, READER) as client,
        ):
            assert (await client.get("/watchlists")).status_code == 200
            for answer in (
                await client.get("/alert-rules"),
                await client.get("/operator/bundle"),
                await client.post("/watchlists", json={"name": "x", "body": {"symbols": []}}),
            ):
                assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")

    asyncio.run(go())


def test_documents_outlive_the_gateway_and_siblings_see_each_other(
    addresses: StackAddresses, database: str
) -> None:
    config = ClickHouseConfig(url=addresses.clickhouse, database=database)

    async def go() -> None:
        mine, other = Documents(config, reread_s=0.05), Documents(config, reread_s=0.05)
        await mine.start()
        await other.start()
        seen = asyncio.Event()
        other.on_change(seen.set)
        made = await mine.create("watchlists", "Shared", BODIES["watchlists"])
        await asyncio.wait_for(seen.wait(), 30)
        assert await other.get("watchlists", made.id) == made
        # What is compared is the table, whatever the cache says.
        changed = await other.put("watchlists", made.id, "Other", BODIES["watchlists"], 1)
        assert changed.version == 2
        await mine.stop()
        await other.stop()
        later = Documents(config)
        await later.start()
        assert await later.list("watchlists") == [changed]
        await later.stop()

    asyncio.run(go())


def test_a_webhook_without_a_key_gets_one(addresses: StackAddresses, database: str) -> None:
    async def steps(client: httpx.AsyncClient) -> None:
        body = {
            "stream": "alerts",
            "actions": [{"kind": "webhook", "url": "https://hooks.example/in"}],
        }
        found = await client.post("/alert-rules", json={"name": "Loud", "body": body})

        assert len(found.json()["body"]["actions"][0]["secret"]) >= 16

    play(addresses, database, steps)


def test_an_unknown_parameter_is_named(addresses: StackAddresses, database: str) -> None:
    async def steps(client: httpx.AsyncClient) -> None:
        found = await client.get("/watchlists?limit=3")

        assert (found.status_code, found.json()["errors"][0]["field"]) == (422, "limit")

    play(addresses, database, steps)
