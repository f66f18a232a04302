"""Tape rows for the net premium tests, and a plain group-by as their oracle."""

import types
import typing
from collections.abc import Iterable
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import msgspec
from hypothesis import strategies as st

from flows.options.sessions import trade_date_and_session
from flows.premium.config import PremiumConfig
from flows.premium.engine import PremiumEngine
from flows.premium.tide import Tide
from schemas.records import OptionsNetPremium
from schemas.records import OptionsTape

MINUTE_NS = 60_000_000_000
SECOND_NS = 1_000_000_000
# 2025-05-22 19:58:00 New York, two minutes before the next session begins.
EVENING_NS = 1_747_958_280 * SECOND_NS
UNDERLYINGS = ("SPY", "NVDA", "VST")
PLACEMENTS = ("AA", "A", "MID", "B", "BB", "MISSING", "STALE")


def _default(kind: object) -> Any:  # noqa: ANN401 - whatever the field takes
    if isinstance(kind, types.UnionType):
        return None
    if typing.get_origin(kind) is tuple:
        return ()
    return {int: 0, float: 0.0, str: "", bool: False}[typing.cast(type, kind)]


_BLANK = OptionsTape(
    **{name: _default(kind) for name, kind in typing.get_type_hints(OptionsTape).items()}
)


def a_row(seq: int, ts: int = EVENING_NS, **changes: object) -> OptionsTape:
    """Return a counted row: one NVDA call bought at the ask for $100."""
    plain: dict[str, object] = {
        "source_ts": ts,
        "ingest_ts": ts + 5,
        "seq": seq,
        "trace_id": f"test:prints:{seq}",
        "schema_version": "options.tape.v1",
        "underlying_id": "NVDA",
        "right": "C",
        "size": 1,
        "multiplier": 100,
        "price": 1.0,
        "notional": 100.0,
        "trade_date": trade_date_and_session(ts, "SPX")[0],
        "signal_class": "full",
        "eligible_volume": True,
        "nbbo_side": "A",
        "aggressor_side": "buy",
        "aggressor_probability": 0.62,
    }
    return msgspec.structs.replace(_BLANK, **{**plain, **changes})


def reversal(row: OptionsTape) -> OptionsTape:
    return msgspec.structs.replace(row, reversed=True, revision=row.revision + 1)


@st.composite
def rows(draw: st.DrawFn, most: int = 40) -> list[OptionsTape]:
    """Draw rows in order of time over the four minutes around the start of a session."""
    stamps = sorted(
        draw(st.lists(st.integers(0, 4 * MINUTE_NS), min_size=1, max_size=most))
    )  # fmt: skip
    return [
        a_row(
            seq,
            EVENING_NS + stamp,
            underlying_id=draw(st.sampled_from(UNDERLYINGS)),
            right=draw(st.sampled_from("CP")),
            size=draw(st.integers(1, 50)),
            notional=draw(st.integers(0, 10_000_000)) / 100,
            nbbo_side=draw(st.sampled_from(PLACEMENTS)),
            aggressor_side=draw(st.sampled_from(("buy", "sell", "unknown"))),
            aggressor_probability=draw(st.sampled_from((0.5, 0.54, 0.62, 0.7, 0.8))),
            dollar_delta=draw(
                st.none() | st.integers(-5_000_000, 5_000_000).map(lambda c: c / 100)
            ),
            signal_class=draw(st.sampled_from(("full", "full", "struct", "ctx"))),
            late=draw(st.booleans()),
            eligible_volume=draw(st.sampled_from((True, True, True, False))),
        )
        for seq, stamp in enumerate(stamps)
    ]


def engine_records(tape: Sequence[OptionsTape], *, batch: int = 0) -> list[OptionsNetPremium]:
    """Return everything an engine brings out for a tape, cut into batches, to its end."""
    engine = PremiumEngine(PremiumConfig())
    size = batch or max(1, len(tape))
    out: list[OptionsNetPremium] = []
    for at in range(0, len(tape), size):
        out += engine.process(tape[at : at + size])
    return out + engine.finish()


def tide_records(
    tapes: Sequence[Sequence[OptionsTape]], turns: Iterable[int] = (), *, batch: int = 3
) -> list[OptionsNetPremium]:
    """
    Return the tide over tapes of one partition each.

    Empty partitions end at once. `turns` names the partitions in the order in which they are
    read, a batch a turn; when it is used up every partition is read to its end.
    """
    engines = [PremiumEngine(PremiumConfig()) for _ in tapes]
    rests = [list(tape) for tape in tapes]
    tide = Tide(PremiumConfig(), len(tapes), waits_for_all=True)
    out: list[OptionsNetPremium] = []
    for at, tape in enumerate(tapes):
        if not tape:
            out += tide.take(engines[at].report(at, is_end=True))
    for turn in turns:
        at = turn % len(tapes)
        if rests[at]:
            engines[at].process(rests[at][:batch])
            del rests[at][:batch]
            out += tide.take(engines[at].report(at, is_end=False))
    for at, engine in enumerate(engines):
        if tapes[at]:
            engine.process(rests[at])
            engine.finish()
            out += tide.take(engine.report(at, is_end=True))
    return out


def latest(records: Iterable[OptionsNetPremium]) -> dict[str, OptionsNetPremium]:
    """Return the newest revision of every bucket; none may come out twice."""
    found: dict[str, OptionsNetPremium] = {}
    for record in records:
        assert record.revision == (
            found[record.trace_id].revision + 1 if record.trace_id in found else 0
        )
        found[record.trace_id] = record
    return found


def amounts(records: Iterable[OptionsNetPremium]) -> dict[str, dict[str, float]]:
    """Return what the newest revision of every bucket says, without how it came to say it."""
    how = {"seq", "ingest_ts", "source_ts", "revision", "forming"}
    return {
        name: {k: v for k, v in msgspec.structs.asdict(record).items() if k not in how}
        for name, record in latest(records).items()
    }


def cents(value: Fraction) -> float:
    """Round exact cents half to even and return dollars."""
    return round(value) / 100


def group_by(
    tape: Iterable[OptionsTape], keys: typing.Callable[[OptionsTape], Sequence[str]]
) -> dict[str, dict[str, Fraction]]:
    """Return exact cents by measure for every `np:` id, from the definitions alone."""
    found: dict[str, dict[str, Fraction]] = {}
    for row in tape:
        if not row.eligible_volume:
            continue
        for key in keys(row):
            start = row.source_ts // MINUTE_NS * MINUTE_NS
            sums = found.setdefault(f"np:{key}:{start}", {})
            for name, value in _measures(row).items():
                sums[name] = sums.get(name, Fraction(0)) + value
    return found


def _measures(row: OptionsTape) -> dict[str, Fraction]:
    right = "call" if row.right == "C" else "put"
    premium = Fraction(round(row.notional * 100))
    stated = Fraction(str(row.aggressor_probability))
    is_known = row.aggressor_side != "unknown"
    if not is_known:
        p_buy = Fraction(1, 2)
    else:
        p_buy = stated if row.aggressor_side == "buy" else 1 - stated
    place = {"AA": "ask", "A": "ask", "B": "bid", "BB": "bid", "MID": "mid"}
    at = place.get(row.nbbo_side, "unplaced")
    out = {
        f"{right}_{at}": premium,
        f"{right}_net": premium * {"ask": 1, "bid": -1}.get(at, 0),
        f"{right}_p_buy": premium * p_buy,
        f"{right}_p_sell": premium * (1 - p_buy),
        f"{right}_p_net": premium * (2 * p_buy - 1),
    }
    is_inferred = is_known and row.signal_class == "full" and not row.late
    out[f"{right}_{row.aggressor_side}" if is_inferred else "excluded"] = premium
    if row.dollar_delta is not None:
        delta = Fraction(round(row.dollar_delta * 100))
        out[f"{right}_dollar_delta"] = delta * {"ask": 1, "bid": -1}.get(at, 0)
        out[f"{right}_p_dollar_delta"] = delta * (2 * p_buy - 1)
        out["delta_premium"] = premium
    return out
