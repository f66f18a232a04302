"""What routes of pages have in common: their parameters, and the answer as ready bytes."""

from collections.abc import Mapping
from time import time_ns
from typing import Final

import msgspec
import orjson
from fastapi import Response

from api.items import Item
from api.live.filters import filter_names
from api.live.filters import parse_filters
from api.pages import Ask
from api.pages import Page
from api.pagination import MAX_LIMIT
from api.pagination import Cursor
from api.pagination import Direction
from api.pagination import Place
from api.pagination import decode_cursor
from api.pagination import encode_cursor
from api.pagination import page_bytes
from api.pagination import place_of
from api.pagination import wish_of
from api.params import Given
from api.params import parse_integer
from api.params import parse_time
from api.params import run_not_found
from api.problems import Problem
from api.problems import parameter_problem
from api.services import Services
from api.streams import STREAMS
from api.streams import Stream
from infra.errors import MisconfiguredInfra
from infra.replay.names import check_run

JSON: Final = "application/json"
NO_STORE: Final = {"Cache-Control": "no-store"}
_LINKED: Final = frozenset({"options", "flow"})
_SEQ: Final = -(2**63), 2**63 - 1

TIME_TEXT: Final = "10 (s), 13 (ms), 16 (µs) or 19 (ns) digits, or RFC 3339"
TEXTS: Final[Mapping[str, str]] = {
    "underlying_ids": "root symbols, comma-separated, at most 100",
    "source": "feeds, comma-separated, e.g. alpaca,synthetic",
    "limit": f"rows, 1 to {MAX_LIMIT}; a tie at the end is never parted",
    "cursor": "next_cursor of the page before",
    "run": "id of a replay run; without it, live",
    "start_ts": f"first instant: {TIME_TEXT}",
    "end_ts": f"first instant that does not belong: {TIME_TEXT}",
    "before_ts": f"only what is older: {TIME_TEXT}",
    "before_seq": "with before_ts: at that instant only lesser sequences too",
    "after_ts": f"only what is newer: {TIME_TEXT}",
    "after_seq": "with after_ts: at that instant only greater sequences too",
    "view": "signal (default) or raw",
    "security": "stock, etf, index, comma-separated, or all (default)",
    "side": "AA,A,MID,B,BB,MISSING,STALE; of a packet where most of its contracts were placed",
    "type": "call,put",
    "min_notional": "dollars, inclusive",
    "max_notional": "dollars, inclusive",
    "min_size": "contracts or shares, inclusive",
    "dte_min": "calendar days to expiry, inclusive",
    "dte_max": "calendar days to expiry, inclusive",
    "conditions": "OPRA letters, comma-separated; one is enough",
    "exchange": "participant letters, comma-separated",
    "option_contract_id": "ROOT-YYYY-MM-DD-STRIKE-C|P, comma-separated",
    "flow_packet_id": "packets whose members are wanted, comma-separated",
    "off_exchange": "true or false",
    "interval_ms": "length of the bars or buckets",
    "structure": "types of structures, comma-separated; any, or none for single contracts",
    "profile": "primary profiles, comma-separated",
    "direction": "bullish,bearish,neutral,mixed,unknown",
    "min_confidence": "0 to 1, inclusive",
    "abstained": "include (default), exclude or only",
    "classifier": "classifier ids, comma-separated",
    "severity": "high,medium,low",
    "min_score": "0 to 100, inclusive",
    "kind": "kinds, comma-separated",
    "state": "open,updated,settled,retracted",
    "outcome": "pending,opened,closed,inconclusive,not_applicable,no_data",
    "status": "provisional,confirmed,rejected,withdrawn",
    "window": "windows, comma-separated",
    "strategy": "strategies, comma-separated",
}
RECENT: Final = ("limit", "cursor", "run")
HISTORY: Final = ("before_ts", "before_seq", "start_ts", *RECENT)
PULL: Final = ("after_ts", "after_seq", "end_ts", *RECENT)


def given_of(stream: Stream, others: tuple[str, ...], without: tuple[str, ...] = ()) -> Given:
    """Return the parameters of a route of a stream: its filters and some others."""
    names = [name for name in filter_names(stream) if name not in without]
    return Given({name: TEXTS[name] for name in (*names, *others)})


def run_of(given: Mapping[str, str]) -> str:
    """
    Return the replay run that is asked for, empty for live.

    Raises
    ------
    Problem
        404: it cannot be the name of a run.
    """
    run = given.get("run", "")
    if run:
        try:
            check_run(run)
        except MisconfiguredInfra as error:
            raise run_not_found(run) from error
    return run


def ask_of(
    services: Services, stream: Stream, given: Mapping[str, str], direction: Direction = "before"
) -> tuple[Ask, str]:
    """
    Return the page that parameters ask for, and the hash its cursor is bound to.

    Raises
    ------
    Problem
        422 naming a parameter; 400 for a cursor; 404 for a run.
    """
    names = filter_names(stream)
    filters = parse_filters(stream, {name: text for name, text in given.items() if name in names})
    run = run_of(given)
    since, until = (parse_time(name, given.get(name)) for name in ("start_ts", "end_ts"))
    if since is not None and until is not None and since >= until:
        raise parameter_problem("end_ts", "not after start_ts")
    limit = parse_integer("limit", given.get("limit"), 1, MAX_LIMIT)
    place = place_of(
        parse_time(f"{direction}_ts", given.get(f"{direction}_ts")),
        parse_integer(f"{direction}_seq", given.get(f"{direction}_seq"), *_SEQ),
        direction,
    )
    wish = wish_of(filters.key, run, str(since), str(until))
    text = given.get("cursor")
    if text is not None:
        if place is not None:
            raise parameter_problem("cursor", f"not together with {direction}_ts")
        expected = Cursor(stream.name, direction, (0, 0, ""), wish)
        place = Place(*decode_cursor(text, services.security.secret, expected).order)
    ask = Ask(
        filters=filters,
        limit=limit or services.settings.gateway.rest_default_limit,
        direction=direction,
        place=place,
        since=since,
        until=until,
        run=run,
    )
    return ask, wish


async def with_members(services: Services, ask: Ask) -> Ask:
    """Return the same page with the members of the packets it asks for looked up."""
    wanted = ask.filters.packet_ids
    if not wanted:
        return ask
    packets = await records_by_id(services, STREAMS["flow"], wanted, ask.run)
    members = sorted({name for packet in packets for name in packet.record.members})
    symbols = sorted({packet.record.underlying_id for packet in packets})
    filters = ask.filters.of_prints(members, symbols)
    return msgspec.structs.replace(ask, filters=filters)


def page_response(services: Services, ask: Ask, wish: str, page: Page) -> Response:
    """Return a page as an answer."""
    stream, cursor = ask.stream, ""
    if page.more:
        last = Cursor(stream.name, ask.direction, page.items[-1].order, wish)
        cursor = encode_cursor(last, services.security.secret)
    extras = b""
    if stream.name in _LINKED:
        extras = b',"links":' + orjson.dumps(services.hub.links_of(page.items, stream))
    body = page_bytes(
        page.items,
        extras,
        "next_before" if ask.direction == "before" else "next",
        cursor,
        page.source,
        time_ns(),
    )
    return Response(body, media_type=JSON, headers=NO_STORE)


async def records_by_id(
    services: Services, stream: Stream, ids: tuple[str, ...], run: str = ""
) -> list[Item]:
    """Return the latest version of each id that is known, rings first, in the order asked."""
    ring = services.hub.ring(stream, run)
    found: dict[str, Item] = {}
    if ring is not None:
        for name in ids:
            item = ring.get(name)
            if item is not None:
                found[name] = item
    missing = [name for name in ids if name not in found]
    if missing:
        stored = await services.store.by_id(stream, missing, run=run)
        found |= {item.id: item for item in stored}
    return [found[name] for name in ids if name in found]


async def one_record(services: Services, stream: Stream, name: str, run: str) -> Response:
    """
    Return one record as an answer.

    Raises
    ------
    Problem
        404: neither ring nor store has it.
    """
    found = await records_by_id(services, stream, (name,), run)
    if not found:
        raise Problem("not_found", f"no record {name} in {stream.name}")
    return Response(found[0].json, media_type=JSON, headers=NO_STORE)
