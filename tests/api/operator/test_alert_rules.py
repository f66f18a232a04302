"""Alert rules: when they speak, and what sockets and webhooks get."""

import asyncio
import time
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.items import Item
from api.items import item_maker
from api.live.notify import MAX_WAITING
from api.operator.rules import MAX_AGE_MS
from api.operator.rules import RuleMemory
from api.operator.rules import RulePolicy
from api.operator.rules import Verdict
from api.streams import stream_of
from api.webhooks import ATTEMPTS
from api.webhooks import Outcome
from api.webhooks import Target
from api.webhooks import WebhookSender
from connectors.clickhouse.config import ClickHouseConfig
from connectors.clickhouse.container import avro_container
from connectors.clickhouse.ddl import create_tables
from connectors.clickhouse.http import ClickHouseHttp
from infra.embedded.stack import StackAddresses
from schemas.codec import codec_of
from schemas.records import FlowAlert
from tests.api.operator.parts import client_of
from tests.api.operator.parts import operator_parts
from tests.services.every_field import filled

S = 1_000_000_000
# Friday 2026-11-20, 10:00 Eastern.
START_NS = 1_795_186_800 * S
ALERTS = stream_of("alerts")
DEADLINE_S = 60.0


def at(hour: int, minute: int = 0) -> int:
    """Return a time of that Friday, Eastern."""
    return START_NS + ((hour - 10) * 3600 + minute * 60) * S


def judged(policy: RulePolicy, *matches: tuple[str, str, int, int]) -> list[Verdict]:
    memory = RuleMemory()
    return [memory.judge(policy, *each) for each in matches]


def test_a_key_is_told_once_a_cooldown_of_event_time() -> None:
    policy = RulePolicy(cooldown_s=300)

    assert judged(
        policy,
        ("SPY", "a", 0, 0),
        ("SPY", "b", 299 * S, 0),
        ("NVDA", "c", 299 * S, 0),
        ("SPY", "d", 300 * S, 0),
        ("SPY", "e", 1 * S, 0),
    ) == ["fires", "cooldown", "fires", "fires", "cooldown"]


def test_a_revision_of_what_was_told_is_a_repeat() -> None:
    policy = RulePolicy(cooldown_s=0)

    assert judged(policy, ("SPY", "a", 0, 0), ("SPY", "a", 900 * S, 0)) == ["fires", "repeat"]


def test_an_hour_of_wall_time_has_its_bound() -> None:
    policy = RulePolicy(cooldown_s=0, max_per_hour=2)
    matches = [("SPY", f"{n}", 0, n * 1000 * S) for n in range(6)]

    assert judged(policy, *matches) == ["fires", "fires", "hourly", "hourly", "fires", "fires"]


@pytest.mark.parametrize(
    ("begin", "end", "hour", "expected"),
    [
        ("20:00", "07:00", 21, "quiet"),
        ("20:00", "07:00", 6, "quiet"),
        ("20:00", "07:00", 7, "fires"),
        ("20:00", "07:00", 12, "fires"),
        ("09:00", "11:00", 10, "quiet"),
        ("09:00", "11:00", 11, "fires"),
        ("09:00", "09:00", 9, "fires"),
    ],
)
def test_quiet_hours_are_eastern_and_may_go_over_midnight(
    begin: str, end: str, hour: int, expected: str
) -> None:
    policy = RulePolicy(quiet_from=begin, quiet_to=end)

    assert judged(policy, ("SPY", "a", 0, at(hour))) == [expected]


def test_a_snoozed_rule_speaks_again_when_the_snooze_ends() -> None:
    policy = RulePolicy(snooze_until_ns=at(11))

    assert judged(policy, ("SPY", "a", 0, at(10)), ("SPY", "a", 0, at(11))) == ["snoozed", "fires"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from("AB"), st.integers(0, 30).map(str), st.integers(0, 4000),
            st.integers(0, 9000),
        ),
        max_size=60,
    ),
    st.integers(0, 600),
    st.integers(1, 5),
)  # fmt: skip
def test_no_order_of_matches_breaks_cooldown_bound_or_once(
    matches: list[tuple[str, str, int, int]], cooldown_s: int, most: int
) -> None:
    policy = RulePolicy(cooldown_s=cooldown_s, max_per_hour=most)
    in_order = sorted(matches, key=lambda each: each[3])
    memory, told = RuleMemory(), []
    for key, event, source_s, wall_s in in_order:
        if memory.judge(policy, key, event, source_s * S, wall_s * S) == "fires":
            told.append((key, event, source_s, wall_s))

    assert len({event for _, event, _, _ in told}) == len(told)
    for n, (key, _, source_s, wall_s) in enumerate(told):
        before = [each for each in told[:n] if each[0] == key]
        assert not before or abs(before[-1][2] - source_s) >= cooldown_s
        assert sum(wall_s - each[3] < 3600 for each in told[: n + 1]) <= most


class Receiver(WebhookSender):
    """Notes what would be sent, and answers what it is told."""

    def __init__(self) -> None:
        super().__init__(())
        self.sent: list[tuple[str, str, dict[str, Any]]] = []
        self.attempts: list[int] = []
        self.outcome = Outcome(outcome="delivered", attempts=1, status=200)

    async def send(
        self, target: Target, secret: str, key: str, body: bytes, attempts: int = ATTEMPTS
    ) -> Outcome:
        del secret
        self.sent.append((target.url, key, msgspec.json.decode(body)))
        self.attempts.append(attempts)
        return self.outcome


def alert(number: int, underlying: str = "NVDA", **changes: object) -> Item:
    record = msgspec.structs.replace(
        filled(FlowAlert, number),
        alert_id=f"al:{number}",
        underlying_id=underlying,
        seq=number,
        **{"source_ts": START_NS + number * 600 * S, "score": 90, **changes},
    )
    found: Item = item_maker(ALERTS)(record)
    return found


RULE: dict[str, Any] = {
    "stream": "alerts",
    "filters": {"min_score": 80},
    "actions": [
        {"kind": "webhook", "url": "https://hooks.example/in"},
        {"kind": "sound", "sound": 2, "volume": 0.5},
    ],
}


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not await is_so():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def has_deliveries(parts: Any, rule: str, count: int) -> None:  # noqa: ANN401 - parts
    async def reached() -> bool:
        return len(await parts.rules.deliveries.newest(rule, 200)) >= count

    await until(reached)


def outcomes(found: Sequence[Any]) -> list[tuple[str, str, str]]:
    return sorted((each.event_id, each.action, each.outcome) for each in found)


def test_a_match_is_told_and_sent_once(addresses: StackAddresses) -> None:
    async def go() -> None:
        receiver = Receiver()
        async with operator_parts(addresses, "rules_once", sender=receiver) as parts:
            rule = await parts.documents.create("alert-rules", "Loud", RULE)
            parts.hub.bring(ALERTS, [alert(1), alert(1, revision=9), alert(2, score=10)])
            parts.hub.bring(ALERTS, [alert(3)])
            await has_deliveries(parts, rule.id, 4)

            told = parts.hub.told()
            assert [each["event_id"] for each in told] == ["al:1", "al:3"]
            assert told[0]["item"]["score"] == 90.0
            assert told[0]["source_ts"] == str(START_NS + 600 * S)
            assert told[0]["actions"] == [{"kind": "sound", "sound": 2, "volume": 0.5}]
            assert "hooks.example" not in str(told)
            assert {key for _, key, _ in receiver.sent} == {f"{rule.id}:al:1", f"{rule.id}:al:3"}
            found = await parts.rules.deliveries.newest(rule.id, 200)
            assert outcomes(found) == [
                ("al:1", "notification", "published"),
                ("al:1", "webhook", "delivered"),
                ("al:3", "notification", "published"),
                ("al:3", "webhook", "delivered"),
            ]
            assert parts.rules.counts(rule.id) == {"fires": 2, "repeat": 1}

    asyncio.run(go())


def test_of_two_gateways_both_tell_and_one_sends(addresses: StackAddresses) -> None:
    async def go() -> None:
        one, other = Receiver(), Receiver()
        async with operator_parts(addresses, "rules_siblings", sender=one) as first:
            rule = await first.documents.create("alert-rules", "Shared", RULE)
            async with operator_parts(addresses, "rules_siblings", sender=other) as second:
                first.hub.bring(ALERTS, [alert(1)])
                second.hub.bring(ALERTS, [alert(1)])
                await has_deliveries(first, rule.id, 4)

                assert [len(each.hub.told()) for each in (first, second)] == [1, 1]
                assert len(one.sent) + len(other.sent) == 1
                found = await first.rules.deliveries.newest(rule.id, 200)
                assert sorted(each.outcome for each in found) == [
                    *("claimed", "delivered", "published", "published")
                ]

    asyncio.run(go())


def test_a_rule_that_is_changed_switched_off_or_deleted_speaks_accordingly(
    addresses: StackAddresses,
) -> None:
    async def go() -> None:
        async with operator_parts(addresses, "rules_changed", sender=Receiver()) as parts:
            docs, hub = parts.documents, parts.hub
            quiet = {**RULE, "actions": []}
            rule = await docs.create("alert-rules", "Changing", quiet)
            narrow = {**quiet, "filters": {"min_score": 95}}
            await docs.put("alert-rules", rule.id, "Changing", narrow, 1)
            hub.bring(ALERTS, [alert(1)])
            await docs.put("alert-rules", rule.id, "Changing", {**quiet, "enabled": False}, 2)
            hub.bring(ALERTS, [alert(2)])
            assert (hub.told(), hub.watchers) == ([], [])
            await docs.put("alert-rules", rule.id, "Changing", quiet, 3)
            hub.bring(ALERTS, [alert(3)])
            # What it has said is remembered over a change.
            await docs.put("alert-rules", rule.id, "Changed", quiet, 4)
            hub.bring(ALERTS, [alert(3), alert(4)])
            assert [each["event_id"] for each in hub.told()] == ["al:3", "al:4"]
            await docs.delete("alert-rules", rule.id, 5)
            hub.bring(ALERTS, [alert(5)])
            assert len(hub.told()) == 2

    asyncio.run(go())


def test_what_the_log_has_held_for_long_is_not_told(addresses: StackAddresses) -> None:
    async def go() -> None:
        async with operator_parts(
            addresses, "rules_old", sender=Receiver(), now_ns=lambda: START_NS
        ) as parts:
            rule = await parts.documents.create("alert-rules", "Fresh", RULE)
            now_ms = START_NS / 1e6
            ages = {1: MAX_AGE_MS + 1, 2: MAX_AGE_MS - 1}
            for number, age in ages.items():
                item = msgspec.structs.replace(alert(number), append_ms=now_ms - age)
                parts.hub.bring(ALERTS, [item])

            assert [each["event_id"] for each in parts.hub.told()] == ["al:2"]
            assert parts.rules.counts(rule.id) == {"old": 1, "fires": 1}

    asyncio.run(go())


def test_more_matches_than_can_wait_are_told_all_the_same(addresses: StackAddresses) -> None:
    async def go() -> None:
        async with operator_parts(addresses, "rules_flood", sender=Receiver()) as parts:
            flood = {**RULE, "cooldown_s": 0, "actions": []}
            await parts.documents.create("alert-rules", "Flood", flood)
            parts.hub.bring(ALERTS, [alert(n) for n in range(1, MAX_WAITING + 200)])

            assert len(parts.hub.told()) == MAX_WAITING + 199

    asyncio.run(go())


def test_a_sample_is_marked_sent_and_counted_against_the_last_session(
    addresses: StackAddresses,
) -> None:
    async def go() -> None:
        receiver = Receiver()
        # The database of the live tables: they are there, and empty of alerts.
        async with operator_parts(addresses, "islandflow", sender=receiver) as parts:
            rule = await parts.documents.create("alert-rules", "Sampled", RULE)
            parts.settings = SimpleNamespace()
            async with client_of(parts) as client:
                found = await client.post(f"/alert-rules/{rule.id}/test")
                assert found.status_code == 200, found.text
                answer = found.json()
                assert answer["sample"]["test"] is True
                assert [each["outcome"] for each in answer["deliveries"]] == [
                    *("published", "delivered")
                ]
                assert answer["deliveries"][1]["host"] == "hooks.example"
                assert answer["last_session"] == {
                    "trade_date": None,
                    "matches": 0,
                    "would_fire": 0,
                }
                assert receiver.attempts == [1]
                assert receiver.sent[0][2]["test"] is True
                log = (await client.get(f"/alert-rules/{rule.id}/deliveries?limit=1")).json()
                assert len(log["data"]) == 1
                missing = await client.post("/alert-rules/nothing/test")
                assert missing.status_code == 404
            await parts.documents.delete("alert-rules", rule.id, 1)

    asyncio.run(go())


def stored(addresses: StackAddresses, database: str, items: Sequence[Item]) -> None:
    config = ClickHouseConfig(url=addresses.clickhouse, database=database)
    create_tables(config)
    encode = codec_of(FlowAlert).encode
    schema = {
        name: value
        for name, value in ALERTS.schema.schema.items()
        if name in {"type", "name", "namespace", "fields"}
    }
    container = avro_container(
        orjson.dumps(schema).decode(), [encode(each.record, b"") for each in items]
    )
    http = ClickHouseHttp(config)
    http.insert_avro(ALERTS.table, container)
    http.close()


@pytest.mark.parametrize(
    ("changes", "matches", "would_fire"),
    [
        ({}, 4, 3),
        ({"cooldown_s": 0}, 4, 4),
        ({"cooldown_s": 0, "max_per_hour": 1}, 4, 2),
        ({"cooldown_s": 86_400}, 4, 2),
        ({"filters": {"min_score": 80, "underlying_ids": ["SPY"]}}, 1, 1),
        ({"filters": {"min_score": 99}}, 0, 0),
        ({"dedupe_by": "classifier", "cooldown_s": 86_400}, 4, 4),
        ({"dedupe_by": "contract", "cooldown_s": 86_400}, 4, 4),
    ],
)
def test_a_rule_says_how_often_it_would_have_spoken_in_the_last_session(
    addresses: StackAddresses, changes: dict[str, Any], matches: int, would_fire: int
) -> None:
    day = 144 * 600 * S
    items = [
        alert(1, source_ts=START_NS),
        # A revision of what was there: one match.
        alert(1, source_ts=START_NS, revision=99),
        alert(2, source_ts=START_NS + 200 * S),
        alert(3, source_ts=START_NS + 4000 * S),
        alert(4, "SPY", source_ts=START_NS + 201 * S),
        alert(5, source_ts=START_NS + 300 * S, score=10),
        alert(6, source_ts=START_NS - day),
    ]

    async def go() -> None:
        async with operator_parts(addresses, "rules_history", sender=Receiver()) as parts:
            await asyncio.to_thread(stored, addresses, "rules_history", items)
            async with client_of(parts) as client:
                body = {**RULE, **changes}
                found = await client.post("/alert-rules/preview", json={"body": body})
                assert found.json() == {
                    "trade_date": "2026-11-20",
                    "matches": matches,
                    "would_fire": would_fire,
                }, found.text

    asyncio.run(go())
