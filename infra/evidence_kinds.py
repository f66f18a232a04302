"""Kinds of evidence: where each is stored, what its ids look like, and what it rests on."""

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """
    Where the records of a kind are.

    Parameters
    ----------
    table : str
        ClickHouse table.
    key : str
        Select expression of the id.
    prefixes : tuple of str
        What its ids begin with; none where only a reference tells the kind.
    ref : str
        What stands before an id in a typed reference (gateway specification, 6); empty where the
        ids carry their type and are references as they stand.
    """

    table: str
    key: str
    prefixes: tuple[str, ...] = ()
    ref: str = ""


LEVEL: Final = "level"
_LEVEL_PREFIX: Final = "level:"
_LEVEL_NAMES: Final = {"lvn": "low-volume node"}

KINDS: Final[Mapping[str, Kind]] = {
    "alert": Kind("flow_alerts", "alert_id", ("al:", "alert:")),
    "classifier_hit": Kind("flow_classifier_hits", "hit_id", ("hit:",)),
    "smart_money": Kind("flow_smart_money", "event_id", ("sm:",)),
    "flow_packet": Kind("flow_packets", "id", ("pk:", "st:")),
    "dark": Kind("dark_inferred", "trace_id", ("dark:",)),
    "signal": Kind("signals", "trace_id", ("signal:",)),
    "state": Kind("equities_state", "trace_id", ("state:",)),
    "order_flow": Kind("equities_order_flow", "trace_id", ("orderflow:",), "order-flow:"),
    "profile": Kind("equities_profile", "trace_id", ("profile:",)),
    "candle": Kind("equities_candles", "trace_id", ("candle:",)),
    "net_premium": Kind("options_net_premium", "trace_id", ("np:",)),
    "equity_join": Kind("equities_joins", "trace_id", ("join:",)),
    "option_print": Kind("options_tape", "trace_id", ref="print:"),
    "option_nbbo": Kind("options_nbbo", "trace_id", ref="option-nbbo:"),
    "equity_print": Kind("equities_prints", "trace_id", ref="equity-print:"),
    "equity_quote": Kind("equities_quotes", "trace_id", ref="equity-quote:"),
    "event": Kind("refdata_events", "trace_id", ref="event:"),
    "event_calendar": Kind("refdata_events", "event_id", ref="calendar:"),
    "oi_snapshot": Kind(
        "refdata_open_interest",
        "concat(option_contract_id, '@', toString(as_of_date))",
        ref="oi:",
    ),
    "baseline_snapshot": Kind("baseline_snapshots", "snapshot_id", ref="baseline:"),
}

PREFIXED: Final = (*(prefix for kind in KINDS.values() for prefix in kind.prefixes), _LEVEL_PREFIX)
# What an id without a prefix may be, in the order in which they are tried.
UNPREFIXED: Final = ("option_print", "equity_print", "equity_quote", "option_nbbo", "event")
# What a packet or event was measured against, beside the prints it consists of.
CONTEXT: Final = ("event_calendar", "oi_snapshot", "baseline_snapshot")
# What a reference of an alert, signal or state may be of: what leads to others stands before them.
_CITED: Final = (
    "classifier_hit",
    "smart_money",
    "dark",
    "signal",
    "state",
    LEVEL,
    "order_flow",
    "profile",
    "candle",
    "equity_join",
    "event",
)
_CITING: Final = frozenset({"alert", "dark", "signal", "state"})


def kind_of(identifier: str) -> str:
    """Return the kind of record an id names; an id without a known prefix is first a print's."""
    if identifier.startswith(_LEVEL_PREFIX):
        return LEVEL
    for kind, spec in KINDS.items():
        if identifier.startswith(spec.prefixes):
            return kind
    return "option_print"


def below(
    kind: str, row: Mapping[str, Any], *, with_quotes: bool = False
) -> list[tuple[str, list[str]]]:
    """
    Return the kinds and ids a record rests on directly.

    Parameters
    ----------
    kind : str
        The record's kind.
    row : mapping
        The record.
    with_quotes : bool
        Whether an option print leads on to its quote; what the print saw of it stands in the print.
    """
    if with_quotes and kind == "option_print":
        quote = row["nbbo_trace_id"]
        return [] if quote is None else [("option_nbbo", [str(quote)])]
    if kind in _CITING:
        return _cited(row, _CITED)
    if kind == "classifier_hit":
        return [("smart_money", [str(row["smart_money_event_id"])])]
    if kind == "smart_money":
        return [("flow_packet", list(row["packet_ids"])), *_cited(row, CONTEXT)]
    if kind == "flow_packet":
        return [*_cited(row, CONTEXT), ("option_print", list(row["members"]))]
    if kind == "equity_join":
        quote = row["quote_trace_id"]
        quotes = [] if quote is None else [("equity_quote", [str(quote)])]
        return [("equity_print", [str(row["print_trace_id"])]), *quotes]
    if kind == "equity_print" and row["ref_trace_id"] is not None:
        return [("equity_print", [str(row["ref_trace_id"])])]
    if kind == LEVEL:
        return [("profile", list(row["profile_ids"]))]
    return []


def _cited(row: Mapping[str, Any], kinds: Sequence[str]) -> list[tuple[str, list[str]]]:
    refs = [(ref["kind"], str(ref["id"])) for ref in row["evidence_refs"]]
    found = [(kind, [name for what, name in refs if what == kind]) for kind in kinds]
    return [(kind, ids) for kind, ids in found if ids]


def level_row(identifier: str) -> dict[str, Any] | None:
    """
    Return what the id of a level says: a level is a price of profiles, not a record.

    Parameters
    ----------
    identifier : str
        `level:<source>:<underlying>:<kind>:<price>`.

    Returns
    -------
    dict | None
        `source`, `underlying_id`, `level_kind` and `price` ($); null when it is no such id.
    """
    try:
        _, source, underlying_id, kind, price = identifier.split(":")
        return {
            "source": source,
            "underlying_id": underlying_id,
            "level_kind": _LEVEL_NAMES[kind],
            "price": float(price),
        }
    except (KeyError, ValueError):
        return None
