"""A reference is resolved to all it rests on and all that refers to it, and nothing is left out."""

from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest

from api.evidence import resolve
from api.evidence.models import Evidence
from schemas.records import DarkInference
from schemas.records import FlowAlert
from schemas.records import OptionsTape
from schemas.records import SmartMoneyEvent
from tests.api.evidence.chains import CONTRACT
from tests.api.evidence.chains import OF
from tests.api.evidence.chains import START
from tests.api.evidence.chains import Options
from tests.api.evidence.chains import S
from tests.api.evidence.chains import equities
from tests.api.evidence.chains import made
from tests.api.evidence.chains import refs
from tests.api.evidence.desk import Desk

MAX_TRIPS = 6


@pytest.fixture(scope="module")
def stored(new_desk: Callable[[str], Desk]) -> Desk:
    desk = new_desk(__name__)
    desk.insert(Options().records().values())
    desk.insert(equities())
    return desk


def ids(rows: list[dict[str, Any]], name: str = "trace_id") -> list[str]:
    return [row[name] for row in rows]


def test_alert_brings_every_level_down_to_quotes_in_six_trips(stored: Desk) -> None:
    chain = Options()
    stored.store.asked.clear()

    response = stored.ask("/evidence", ref=chain.alert_id)

    assert len(stored.store.asked) <= MAX_TRIPS
    Evidence.model_validate_json(response.content)
    found = response.json()
    assert found["alert"]["alert_id"] == found["root"] == chain.alert_id
    assert ids(found["hits"]) == [chain.hit_id]
    assert ids(found["smart_money"]) == [chain.money_id]
    assert ids(found["packets"]) == [chain.packet_id]
    assert ids(found["prints"]) == chain.print_ids
    assert ids(found["quotes"]) == chain.quote_ids
    assert ids(found["open_interest"], "option_contract_id") == [CONTRACT]
    assert ids(found["events"], "event_id") == [chain.event_id]
    assert ids(found["baselines"], "snapshot_id") == [chain.baseline_id]
    assert (found["missing"], found["truncated"], found["source"]) == ([], {}, "store")
    assert [each["horizon"] for each in found["outcomes"]] == ["5m", "30m", "close", "next_close"]


def test_links_hang_each_record_from_what_leads_to_it(stored: Desk) -> None:
    chain = Options()

    links = stored.answer("/evidence", ref=chain.alert_id)["links"]

    assert sorted(map(tuple, links)) == sorted(
        [
            (chain.alert_id, chain.hit_id),
            (chain.hit_id, chain.money_id),
            (chain.money_id, chain.packet_id),
            (chain.packet_id, f"oi:{chain.interest_id}"),
            (chain.packet_id, f"calendar:{chain.event_id}"),
            (chain.packet_id, f"baseline:{chain.baseline_id}"),
            *[(chain.packet_id, f"print:{each}") for each in chain.print_ids],
            *[
                (f"print:{each}", f"option-nbbo:{quote}")
                for each, quote in zip(chain.print_ids, chain.quote_ids, strict=True)
            ],
        ]
    )


@pytest.mark.parametrize(
    ("depth", "lists"),
    [
        (0, {}),
        (1, {"hits": 1}),
        (3, {"hits": 1, "smart_money": 1, "packets": 1}),
        (4, {"hits": 1, "smart_money": 1, "packets": 1, "prints": 3}),
    ],
)
def test_depth_counts_steps_from_the_root(stored: Desk, depth: int, lists: dict[str, int]) -> None:
    found = stored.answer("/evidence", ref=Options().alert_id, depth=depth)

    names = ("hits", "smart_money", "packets", "prints", "quotes")
    assert {name: len(found[name]) for name in names if found[name]} == lists
    assert found["alert"] is not None


@pytest.mark.parametrize("what", ["print", "packet", "money", "hit", "quote", "interest", "event"])
def test_record_tells_what_refers_to_it(stored: Desk, what: str) -> None:
    chain = Options()
    up = [chain.alert_id, chain.hit_id, chain.packet_id, chain.money_id]
    ref, users = {
        "print": (f"print:{chain.print_ids[1]}", up),
        "packet": (chain.packet_id, [chain.alert_id, chain.hit_id, chain.money_id]),
        "money": (chain.money_id, [chain.alert_id, chain.hit_id]),
        "hit": (chain.hit_id, [chain.alert_id]),
        "quote": (f"option-nbbo:{chain.quote_ids[0]}", [f"print:{chain.print_ids[0]}"]),
        "interest": (f"oi:{chain.interest_id}", [chain.packet_id]),
        "event": (f"calendar:{chain.event_id}", [chain.packet_id]),
    }[what]

    found = stored.answer("/evidence", ref=ref)

    assert [each["ref"] for each in found["used_by"]] == users
    assert found["missing"] == []


def test_equity_print_and_quote_lead_up_to_their_join_and_the_join_down(stored: Desk) -> None:
    report = stored.answer("/evidence", ref="equity-print:test:e:reports:1")
    quote = stored.answer("/evidence", ref="equity-quote:test:e:quotes:1")
    join = stored.answer("/evidence", ref="join:test:e:reports:1")

    assert [each["ref"] for each in report["used_by"]] == ["join:test:e:reports:1"]
    assert [each["ref"] for each in quote["used_by"]] == ["join:test:e:reports:1"]
    assert ids(join["equity_prints"]) == ["test:e:reports:1"]
    assert ids(join["equity_quotes"]) == ["test:e:quotes:1"]


def test_inference_rests_on_joins_and_an_alert_on_the_inference(desk: Desk) -> None:
    names = [f"join:test:e:reports:{n}" for n in range(3)]
    dark = made(
        DarkInference, START + 10 * S, "dark:absorbed_block:x",
        window_start_ts=START, window_end_ts=START + 3 * S, revision=0,
        evidence_refs=refs("equity_join", *names),
    )  # fmt: skip
    alert = made(
        FlowAlert, START + 11 * S, "alert:dark.absorbed_block:XYZ:1",
        alert_id="alert:dark.absorbed_block:XYZ:1", kind="dark.absorbed_block", first_ts=START,
        state="open", settlement=None,
        evidence_refs=(*refs("dark", dark.trace_id), *refs("equity_join", *names)),
    )  # fmt: skip
    desk.insert([*equities(), dark, alert])
    desk.store.asked.clear()

    found = desk.answer("/evidence", ref=alert.alert_id)

    assert ids(found["dark"]) == [dark.trace_id]
    assert ids(found["joins"]) == names
    assert (len(found["equity_prints"]), len(found["equity_quotes"])) == (3, 3)
    assert [alert.alert_id, dark.trace_id] in found["links"]
    assert [dark.trace_id, names[0]] in found["links"]
    assert [alert.alert_id, names[0]] not in found["links"]
    assert found["missing"] == []
    assert len(desk.store.asked) <= MAX_TRIPS


def test_what_no_record_between_leads_to_hangs_from_who_named_it(desk: Desk) -> None:
    chain = Options()
    records = chain.records()
    extra = made(OptionsTape, START, "test:extra", option_contract_id=CONTRACT, nbbo_trace_id=None)
    alert = records[chain.alert_id]
    cited = (*alert.evidence_refs, *refs("option_print", "test:extra"))  # type: ignore[attr-defined]
    records[chain.alert_id] = msgspec.structs.replace(alert, evidence_refs=cited)
    desk.insert([*records.values(), extra])

    found = desk.answer("/evidence", ref=chain.alert_id)

    assert [chain.alert_id, "print:test:extra"] in found["links"]
    assert "test:extra" in ids(found["prints"])


def test_earlier_hit_of_a_follow_up_stands_there_without_its_prints(desk: Desk) -> None:
    early, late = Options(2, "early"), Options(2, "late")
    records = late.records()
    hit = records[late.hit_id]
    cited = (*hit.evidence_refs, *refs("classifier_hit", early.hit_id))  # type: ignore[attr-defined]
    records[late.hit_id] = msgspec.structs.replace(hit, evidence_refs=cited)
    desk.insert([*early.records().values(), *records.values()])

    found = desk.answer("/evidence", ref=late.alert_id)

    assert sorted(ids(found["hits"])) == sorted([early.hit_id, late.hit_id])
    assert ids(found["prints"]) == late.print_ids
    assert [late.hit_id, early.hit_id] in found["links"]


def test_print_beyond_its_packets_times_is_found_by_the_last_look(desk: Desk) -> None:
    chain = Options()
    records = chain.records()
    name = chain.print_ids[2]
    records[name] = msgspec.structs.replace(records[name], source_ts=chain.end + 60 * S)
    desk.insert(records.values())

    found = desk.answer("/evidence", ref=chain.alert_id)

    assert ids(found["prints"]) == chain.print_ids
    assert found["missing"] == []


def test_what_was_stored_once_and_is_older_than_the_table_has_expired(desk: Desk) -> None:
    chain = Options()
    later = made(
        OptionsTape, chain.end + 3600 * S, "test:later", option_contract_id=CONTRACT,
        nbbo_trace_id=None,
    )  # fmt: skip
    desk.insert([*chain.derived(), later])

    found = desk.answer("/evidence", ref=chain.alert_id)

    assert {each["ref"]: each["reason"] for each in found["missing"]} == {
        **{f"print:{each}": "expired" for each in chain.print_ids},
        f"oi:{chain.interest_id}": "not_found",
        f"calendar:{chain.event_id}": "not_found",
        f"baseline:{chain.baseline_id}": "not_found",
    }


def test_print_that_never_was_is_not_found_though_others_of_its_time_are(desk: Desk) -> None:
    chain = Options()
    records = chain.records()
    del records[chain.print_ids[1]]
    # The market has gone on since: nothing of that time is still on its way.
    later = made(
        FlowAlert, chain.end + 3600 * S, "al:later", alert_id="al:later", settlement=None,
    )  # fmt: skip
    desk.insert([*records.values(), later])

    found = desk.answer("/evidence", ref=chain.alert_id)

    assert found["missing"] == [{"ref": f"print:{chain.print_ids[1]}", "reason": "not_found"}]
    assert ids(found["prints"]) == [chain.print_ids[0], chain.print_ids[2]]


def test_root_that_is_nowhere_is_named_after_one_trip_for_it(stored: Desk) -> None:
    stored.answer("/evidence", ref="pk:warm")
    stored.store.asked.clear()

    found = stored.answer("/evidence", ref="pk:nowhere")

    assert found["missing"] == [{"ref": "pk:nowhere", "reason": "not_found"}]
    assert (found["alert"], found["packets"], len(stored.store.asked)) == (None, [], 1)


@pytest.mark.parametrize("ref", ["news:x", "order:x", "level:no-such-thing"])
def test_reference_of_a_kind_nothing_publishes_is_not_found(stored: Desk, ref: str) -> None:
    found = stored.answer("/evidence", ref=ref)

    assert found["missing"] == [{"ref": ref, "reason": "not_found"}]


def test_record_of_the_rings_whose_prints_are_on_their_way_is_looked_for_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolve, "RETRY_S", 0.0)
    chain = Options()
    records = chain.records()
    late = records.pop(chain.print_ids[2])
    del records[chain.print_ids[1]]
    desk.rings.hold(chain.derived())
    desk.insert([each for name, each in records.items() if name not in _derived(chain)])
    started = False

    def before(trip: int) -> None:
        nonlocal started
        if "'bounds' AS _kind" in desk.store.asked[-1] and not started:
            started = True
            desk.insert([late])

    desk.store.before = before

    found = desk.answer("/evidence", ref=chain.alert_id)

    assert started
    assert ids(found["prints"]) == [chain.print_ids[0], chain.print_ids[2]]
    # Of the other one it is still open: the table has not got to the packet's end.
    assert found["missing"] == [{"ref": f"print:{chain.print_ids[1]}", "reason": "not_yet_stored"}]
    assert found["source"] == "mixed"


def _derived(chain: Options) -> set[str]:
    return {chain.packet_id, chain.money_id, chain.hit_id, chain.alert_id}


def test_print_the_table_has_not_reached_is_not_yet_stored(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolve, "RETRY_S", 0.0)
    chain = Options()
    desk.rings.hold(chain.derived())
    desk.insert(chain.raw()[: len(chain.quote_ids) + 1])

    found = desk.answer("/evidence", ref=chain.alert_id)

    reasons = {each["ref"]: each["reason"] for each in found["missing"]}
    assert [reasons[f"print:{each}"] for each in chain.print_ids[1:]] == ["not_yet_stored"] * 2


def test_chain_in_the_rings_alone_is_hot(desk: Desk) -> None:
    chain = Options()
    streamed = [*chain.derived(), *chain.raw()[: 2 * len(chain.print_ids)]]
    desk.rings.hold(streamed)
    desk.insert(chain.raw()[2 * len(chain.print_ids) :])

    found = desk.answer("/evidence", ref=f"print:{chain.print_ids[0]}")

    assert (found["source"], ids(found["quotes"])) == ("hot", chain.quote_ids[:1])


def test_list_that_goes_on_is_read_to_its_end_by_cursor(desk: Desk) -> None:
    chain = Options(prints=12)
    desk.insert(chain.records().values())
    seen: list[str] = []
    cursor, parts = "", 0

    while parts == 0 or cursor:
        found = desk.answer("/evidence", ref=chain.alert_id, limit=5, cursor=cursor)
        told = found["truncated"]["prints"]
        seen += ids(found["prints"])
        # The quotes are those of the prints shown.
        assert {row["nbbo_trace_id"] for row in found["prints"]} == set(ids(found["quotes"]))
        assert (told["shown"], told["total"]) == (len(found["prints"]), 12)
        cursor, parts = told["next_cursor"] or "", parts + 1

    assert (seen, parts) == (chain.print_ids, 3)


def test_batch_answers_each_reference_as_alone(stored: Desk) -> None:
    chain = Options()
    asked = [chain.alert_id, chain.packet_id, "print:nowhere", f"print:{chain.print_ids[0]}"]
    stored.store.asked.clear()

    found = stored.answer("/evidence/batch", {"refs": [*asked, asked[0]]})

    assert len(stored.store.asked) <= MAX_TRIPS
    assert list(found) == asked
    for ref in asked:
        assert found[ref] == stored.answer("/evidence", ref=ref, limit=200)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"ref": "f:s:prints:1"}, "ref"),
        ({}, "ref"),
        ({"ref": "pk:x", "limit": 0}, "limit"),
        ({"ref": "pk:x", "depth": 7}, "depth"),
        ({"ref": "pk:x", "deep": 1}, "deep"),
    ],
)
def test_wrong_parameter_is_named(stored: Desk, query: dict[str, object], field: str) -> None:
    response = stored.ask("/evidence", **query)

    assert response.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert [each["field"] for each in response.json()["errors"]] == [field]


@pytest.mark.parametrize("body", [{"refs": []}, {"refs": ["pk:x"] * 101}, {"ref": "pk:x"}, []])
def test_wrong_batch_is_refused(stored: Desk, body: object) -> None:
    assert stored.ask("/evidence/batch", body).status_code == httpx.codes.UNPROCESSABLE_ENTITY


@pytest.mark.parametrize("cursor", ["!", "cHJpbnRz", "YWxlcnQ6MQ", "b3B0aW9uX3ByaW50Oi0x"])
def test_damaged_cursor_is_refused(stored: Desk, cursor: str) -> None:
    response = stored.ask("/evidence", ref="pk:x", cursor=cursor)

    assert (response.status_code, response.json()["code"]) == (400, "cursor_invalid")


def test_run_nobody_knows_is_not_found(stored: Desk) -> None:
    response = stored.ask("/evidence", ref="pk:x", run="no-such-run")

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_event_of_an_unknown_kind_of_reference_is_named_missing(desk: Desk) -> None:
    money = made(
        SmartMoneyEvent, START, "sm:pk:odd", event_id="sm:pk:odd", packet_ids=(),
        start_ts=START, evidence_refs=refs("tea_leaves", "cup-1"), underlying_id=OF,
    )  # fmt: skip
    desk.insert([money])

    found = desk.answer("/evidence", ref="sm:pk:odd")

    assert found["missing"] == [{"ref": "tea-leaves:cup-1", "reason": "not_found"}]
