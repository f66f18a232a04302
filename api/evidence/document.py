"""A chain of evidence as one JSON document."""

import base64
import binascii
from collections.abc import Mapping
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any
from typing import Final

import orjson

from api.evidence.lookup import Key
from api.evidence.refs import ref_of
from api.evidence.rows import Row
from api.evidence.traced import Traced
from api.problems import Problem
from infra.evidence import Chain
from infra.evidence_kinds import KINDS

# Where the records of a kind stand in the document.
LISTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "classifier_hit": "hits",
        "smart_money": "smart_money",
        "flow_packet": "packets",
        "option_print": "prints",
        "option_nbbo": "quotes",
        "equity_print": "equity_prints",
        "equity_quote": "equity_quotes",
        "equity_join": "joins",
        "dark": "dark",
        "signal": "signals",
        "state": "states",
        "order_flow": "order_flow",
        "profile": "profiles",
        "candle": "candles",
        "net_premium": "net_premium",
        "level": "levels",
        "news": "news",
        "event": "events",
        "event_calendar": "events",
        "oi_snapshot": "open_interest",
        "baseline_snapshot": "baselines",
    }
)
_USED_BY: Final = ("ref", "kind", "source_ts", "told")


def document_of(traced: Traced) -> dict[str, Any]:
    """
    Return the document of a chain.

    Parameters
    ----------
    traced : Traced
        As it was read.

    Notes
    -----
    Links lead from a record to what it rests on, the way `islandflow trace` hangs one from the
    other: an alert to its hits, a hit to its event, down to the quotes of the prints. What a
    record names and nothing in between leads to hangs from the first that named it.
    """
    links = _links(traced)
    within = _within(traced.root, links, traced.ask.depth)
    lists: dict[str, list[Row]] = {name: [] for name in LISTS.values()}
    missing = []
    for key in traced.every():
        if key not in within:
            continue
        row = traced.rows.get(key)
        if row is None:
            missing.append({"ref": ref_of(*key), "reason": traced.reasons[key]})
        elif key[0] in LISTS:
            lists[LISTS[key[0]]].append(row)
    alert = traced.rows.get(traced.root) if traced.root[0] == "alert" else None
    sources = traced.sources
    return {
        "root": ref_of(*traced.root),
        "alert": alert,
        "outcomes": traced.outcomes,
        **lists,
        "used_by": _used_by(traced),
        "links": [
            [ref_of(*above), ref_of(*under)]
            for above, under in links
            if above in within and under in within
        ],
        "missing": missing,
        "truncated": _truncated(traced, within),
        "source": "mixed" if len(sources) > 1 else next(iter(sources), "store"),
    }


def document_bytes(documents: Mapping[str, Any] | Sequence[Any]) -> bytes:
    """Return documents as JSON."""
    return orjson.dumps(documents)


def _links(traced: Traced) -> list[tuple[Key, Key]]:
    shown = list(traced.every())
    there = {key: traced.rows[key] for key in shown if key in traced.rows}
    known = frozenset(shown)

    def fetch(kind: str, ids: Sequence[str]) -> dict[str, Row]:
        return {name: there[kind, name] for name in ids if (kind, name) in there}

    chain = Chain(fetch, with_quotes=True)
    found: dict[tuple[Key, Key], None] = {}
    under: set[Key] = set()

    def link(above: Key, below: Key) -> None:
        found[above, below] = None
        under.add(below)

    for key in shown:
        if key not in there or traced.is_closed(key) or key[0] not in KINDS:
            continue
        (node,), _ = chain.nodes(key[0], [key[1]])
        for child in node.children:
            if (child.kind, child.id) in known:
                link(key, (child.kind, child.id))
    for key in shown:
        citing = traced.cited_by.get(key)
        if key not in under and citing is not None:
            link(citing, key)
    return list(found)


def _within(root: Key, links: Sequence[tuple[Key, Key]], depth: int) -> set[Key]:
    """Return the records at most so many steps from the root."""
    below: dict[Key, list[Key]] = {}
    for above, under in links:
        below.setdefault(above, []).append(under)
    reached = {root}
    edge = [root]
    for _ in range(depth):
        edge = [key for above in edge for key in below.get(above, ()) if key not in reached]
        if not edge:
            break
        reached.update(edge)
    return reached


def _used_by(traced: Traced) -> list[dict[str, Any]]:
    found = sorted(traced.used_by, key=lambda body: (body[0], -int(body[2]), body[1]))
    return [
        dict(zip(_USED_BY, (ref_of(kind, name), kind, source_ts, told), strict=True))
        for kind, name, source_ts, told, _ in found
    ]


def _truncated(traced: Traced, within: set[Key]) -> dict[str, Any]:
    found = {}
    for kind, ids in traced.seen.items():
        begin = traced.ask.offsets.get(kind, 0)
        end = begin + traced.ask.limit
        if (len(ids) > traced.ask.limit or begin) and kind in LISTS:
            shown = sum((kind, name) in within for name in traced.part(kind))
            found[LISTS[kind]] = {
                "shown": shown,
                "total": len(ids),
                "next_cursor": encode_part(kind, end) if end < len(ids) else None,
            }
    return found


def encode_part(kind: str, offset: int) -> str:
    """
    Write which part of a kind comes next.

    Examples
    --------
    >>> decode_part(encode_part("option_print", 500))
    {'option_print': 500}
    """
    return base64.urlsafe_b64encode(f"{kind}:{offset}".encode()).decode().rstrip("=")


def decode_part(text: str) -> dict[str, int]:
    """
    Read what `encode_part` wrote; empty for an empty text.

    Raises
    ------
    Problem
        400: it is no such text.
    """
    if not text:
        return {}
    msg = "the cursor is damaged; take next_cursor of truncated"
    try:
        plain = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise Problem("cursor_invalid", msg) from error
    kind, _, offset = plain.partition(":")
    if kind not in LISTS or not offset.isdecimal() or len(offset) > 9:
        raise Problem("cursor_invalid", msg)
    return {kind: int(offset)}
