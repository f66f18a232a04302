"""What routes take, refuse and answer."""

from itertools import count
from typing import Any
from typing import Final

import msgspec
import pytest

from api.models import ByTrace
from api.models import ascending_model
from api.models import page_model
from api.models import record_model
from api.streams import STREAMS
from api.streams import WITHOUT_FEED
from tests.api.pages.market import BEGIN_NS
from tests.api.pages.market import Pages
from tests.api.pages.market import chance
from tests.api.pages.market import random_record
from tests.api.pages.market import ring_of
from tests.api.pages.market import stream

_symbols: Final = count()


def some(name: str, number: int, **changes: object) -> list[Any]:
    """Return records of one symbol that no other test has."""
    symbol = f"R{next(_symbols)}"
    return [
        msgspec.structs.replace(
            random_record(stream(name), each, chance(each)),
            **{
                "underlying_id": symbol,
                **dict.fromkeys(("trace_id", stream(name).id_field), f"{symbol}:{each}"),
                **changes,
            },
        )
        for each in range(number)
    ]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/prints/options?foo=1", "foo"),
        ("/prints/options?underlying_id=NVDA", "underlying_id"),
        ("/prints/options?limit=0", "limit"),
        ("/prints/options?limit=1001", "limit"),
        ("/prints/options?limit=ten", "limit"),
        ("/prints/options?limit=1&limit=2", "limit"),
        ("/prints/options?side=X", "side"),
        ("/prints/options?view=both", "view"),
        ("/prints/options?before_ts=1763650800", "before_ts"),
        ("/prints/equities?off_exchange=yes", "off_exchange"),
        ("/prints/equities?view=raw", "view"),
        ("/flow/packets?min_notional=-5", "min_notional"),
        ("/flow/smart-money?abstained=maybe", "abstained"),
        ("/flow/alerts?min_score=200", "min_score"),
        ("/flow/alerts/al:1?view=raw", "view"),
        ("/history/options?before_ts=17636508001", "before_ts"),
        ("/history/options?before_seq=7", "before_seq"),
        ("/history/options?before_ts=1763650800&before_seq=x", "before_seq"),
        ("/history/options?before_ts=1763650800&cursor=abc", "cursor"),
        ("/history/options?after_ts=1763650800", "after_ts"),
        ("/history/options?start_ts=now", "start_ts"),
        ("/replay/options?before_ts=1763650800", "before_ts"),
        ("/replay/options?end_ts=1", "end_ts"),
        ("/prints/equities/range?underlying_id=SPY&start_ts=1763650800", "end_ts"),
        ("/prints/equities/range?underlying_id=SPY&start_ts=5&end_ts=1763650800", "start_ts"),
        (
            "/prints/equities/range?underlying_id=SPY&start_ts=1763650801&end_ts=1763650800",
            "end_ts",
        ),
        ("/prints/options/by-trace", "trace_id"),
        ("/prints/options/by-trace?trace_id=", "trace_id"),
        ("/prints/options/by-trace?trace_id=a&foo=1", "foo"),
        ("/prints/options/by-trace?" + "&".join(["trace_id=a"] * 101), "trace_id"),
        ("/candles", "underlying_id"),
        ("/candles?underlying_id=SPY&interval_ms=120000", "interval_ms"),
        ("/candles?underlying_id=SPY&limit=5001", "limit"),
        ("/candles?underlying_id=SPY&cache=1", "cache"),
        ("/candles?underlying_id=SPY,QQQ", "underlying_id"),
        ("/export/options?format=xml", "format"),
        ("/export/options?columns=price,nothing", "columns"),
        ("/export/options?limit=5", "limit"),
    ],
)
def test_wrong_parameter_is_refused_by_its_name(path: str, field: str, pages: Pages) -> None:
    answer = pages.get(path)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["code"] == "parameter_invalid"
    assert field in [each["field"] for each in body["errors"]]


def test_cursor_of_other_filters_is_refused(pages: Pages) -> None:
    records = some("signals", 5)
    pages.tables.insert(stream("signals"), records)
    symbol = records[0].underlying_id
    cursor = pages.get(f"/history/signals?underlying_ids={symbol}&limit=2").json()["next_cursor"]

    refused = {
        path: pages.get(path).json()["code"]
        for path in (
            f"/history/signals?underlying_ids=X{symbol}&cursor={cursor}",
            f"/history/signals?underlying_ids={symbol}&start_ts=1763650800&cursor={cursor}",
            f"/replay/signals?underlying_ids={symbol}&cursor={cursor}",
            f"/history/alerts?underlying_ids={symbol}&cursor={cursor}",
        )
    }
    tampered = pages.get(f"/history/signals?underlying_ids={symbol}&cursor={cursor[:-1]}")

    assert set(refused.values()) == {"cursor_mismatch"}
    assert (tampered.status_code, tampered.json()["code"]) == (400, "cursor_invalid")
    # A page of another size goes on all the same.
    assert pages.get(f"/history/signals?underlying_ids={symbol}&limit=3&cursor={cursor}").is_success


@pytest.mark.parametrize("name", STREAMS)
def test_pages_keep_to_the_models_of_the_document(name: str, pages: Pages) -> None:
    records = some(name, 3, **({"signal_pass": True} if name == "options" else {}))
    pages.tables.insert(stream(name), records)
    query = f"?underlying_ids={records[0].underlying_id}&limit=2"

    back = pages.get(f"/history/{name}{query}")
    forth = pages.get(f"/replay/{name}{query}")

    page_model(name).model_validate_json(back.content)
    ascending_model(name).model_validate_json(forth.content)
    assert len(back.json()["data"]) == 2
    assert back.headers["cache-control"] == "no-store"
    assert ("links" in back.json()) == (name in {"options", "flow"})


@pytest.mark.parametrize("name", ["flow", "smart-money", "classifier-hits", "alerts"])
def test_one_record_comes_from_ring_or_table_in_its_latest_version(name: str, pages: Pages) -> None:
    of = stream(name)
    first, second = some(name, 2)
    newer = msgspec.structs.replace(first, revision=first.revision + 1, source_ts=BEGIN_NS + 99)
    pages.tables.insert(of, [first, newer])
    pages.hub.rings[name] = ring_of(of, [second])

    stored = pages.get(f"{of.recent}/{first.trace_id}")
    hot = pages.get(f"{of.recent}/{second.trace_id}")
    missing = pages.get(f"{of.recent}/nothing")

    record_model(of.topic).model_validate_json(stored.content)
    assert stored.json()["revision"] == newer.revision
    assert hot.json()["trace_id"] == second.trace_id
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


def test_prints_by_trace_come_in_the_order_asked_with_what_is_missing(pages: Pages) -> None:
    records = some("options", 4)
    pages.tables.insert(stream("options"), records[:2])
    pages.hub.rings["options"] = ring_of(stream("options"), records[2:])
    ids = [records[at].trace_id for at in (2, 0, 3, 1)]
    asked = [ids[0], "gone:1", *ids[1:], ids[0]]

    answer = pages.get("/prints/options/by-trace?" + "&".join(f"trace_id={each}" for each in asked))

    ByTrace.model_validate_json(answer.content)
    assert [row["trace_id"] for row in answer.json()["data"]] == ids
    assert answer.json()["missing"] == ["gone:1"]


def test_prints_of_a_packet_are_found_wherever_they_are(pages: Pages) -> None:
    of = stream("options")
    prints = some("options", 4, signal_pass=True)
    (packet,) = some("flow", 1, members=tuple(each.trace_id for each in prints[:3]))
    packet = msgspec.structs.replace(packet, underlying_id=prints[0].underlying_id)
    pages.tables.insert(of, prints[:2])
    pages.hub.rings["options"] = ring_of(of, prints[2:], _order(prints[1]))
    pages.hub.rings["flow"] = ring_of(stream("flow"), [packet])

    found = pages.get(f"/prints/options?flow_packet_id={packet.id}").json()

    assert [row["trace_id"] for row in found["data"]] == [
        each.trace_id for each in reversed(prints[:3])
    ]


def test_range_of_prints_ascends_over_tables_and_ring(pages: Pages) -> None:
    of = stream("equities")
    prints = some("equities", 6)
    pages.tables.insert(of, prints[:4])
    pages.hub.rings["equities"] = ring_of(of, prints[3:], _order(prints[2]))
    path = (
        f"/prints/equities/range?underlying_id={prints[0].underlying_id}"
        f"&start_ts={prints[1].source_ts}&end_ts={prints[5].source_ts}&limit="
    )

    whole = pages.get(f"{path}100").json()
    first = pages.get(f"{path}3").json()
    second = pages.get(f"{path}3&cursor={first['next_cursor']}").json()

    wanted = [each.trace_id for each in prints[1:5]]
    assert [row["trace_id"] for row in whole["data"]] == wanted
    assert [row["trace_id"] for row in first["data"] + second["data"]] == wanted
    assert (whole["next"], second["next_cursor"]) == (None, None)


def test_off_exchange_chart_overlay_keeps_reports_only(pages: Pages) -> None:
    prints = some("equities", 8)
    pages.tables.insert(stream("equities"), prints)
    path = (
        f"/prints/equities/range?underlying_id={prints[0].underlying_id}"
        f"&start_ts={BEGIN_NS}&end_ts={BEGIN_NS + 100}&off_exchange="
    )

    parts = [len(pages.get(path + each).json()["data"]) for each in ("true", "false")]

    reported = sum(each.off_exchange_flag for each in prints)
    assert parts == [reported, 8 - reported]
    assert 0 < reported < 8


@pytest.mark.parametrize("name", WITHOUT_FEED)
def test_streams_without_feed_say_so(name: str, pages: Pages) -> None:
    for path in (f"/history/{name}", f"/replay/{name}", f"/export/{name}"):
        answer = pages.get(path)
        assert answer.status_code == 404
        assert answer.json()["detail"] == f"nothing publishes the stream {name} yet"


@pytest.mark.parametrize("path", ["/news", "/news/1", "/prediction/books", "/orders"])
def test_their_recent_routes_say_so_too(path: str, pages: Pages) -> None:
    assert pages.get(path).json()["code"] == "not_found"


@pytest.mark.parametrize("run", ["nobody", "Upper", "a-1", "../x"])
def test_unknown_run_is_not_found(run: str, pages: Pages) -> None:
    for path in ("/history/alerts", "/prints/options", "/flow/alerts/x", "/export/alerts"):
        assert pages.get(f"{path}?run={run}").status_code == 404


def test_record_of_a_run_is_in_its_own_tables(pages: Pages) -> None:
    tables, of = pages.tables, stream("signals")
    mine, *_ = some("signals", 1)
    tables.execute("CREATE DATABASE IF NOT EXISTS pages_replay_one")
    tables.execute("CREATE TABLE IF NOT EXISTS pages_replay_one.signals AS pages.signals")
    tables.insert(of, [mine])
    tables.execute(
        f"INSERT INTO pages_replay_one.signals SELECT * REPLACE ('replayed' AS reason)"  # noqa: S608
        f" FROM pages.signals WHERE trace_id = '{mine.trace_id}'"
    )
    pages.hub.rings["signals"] = ring_of(of, [mine])
    path = f"/history/signals?underlying_ids={mine.underlying_id}"

    live, run = pages.get(path).json(), pages.get(f"{path}&run=one").json()

    assert [row["reason"] for row in live["data"]] == [mine.reason]
    assert [row["reason"] for row in run["data"]] == ["replayed"]


def test_document_describes_every_route_with_its_parameters(pages: Pages) -> None:
    document = pages.app.openapi()

    for name in STREAMS:
        told = {each["name"] for each in document["paths"][f"/history/{name}"]["get"]["parameters"]}
        assert {"before_ts", "before_seq", "cursor", "start_ts", "limit", "run"} <= told
        assert set(STREAMS[name].filters) <= told
    for path, operations in document["paths"].items():
        content = operations["get"]["responses"]["200"]["content"]
        assert all(each.get("schema") for each in content.values()), path


def _order(record: Any) -> tuple[int, int, str]:  # noqa: ANN401 - of any stream
    return record.source_ts, record.seq, record.trace_id
