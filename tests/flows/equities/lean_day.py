"""A day of LEAN ticks read by pandas alone: own decoding of the bits, own rules of what counts."""

from importlib import import_module
from pathlib import Path
from typing import Any
from typing import Final

import numpy as np
from numpy.typing import NDArray

MS_NS: Final = 1_000_000
MIDNIGHT_NS: Final = 1_381_204_800_000_000_000  # 2013-10-08 00:00 New York, four hours behind UTC
OPEN_MS: Final = 34_200_000
CLOSE_MS: Final = 57_600_000

# Bits of LEAN by what the print may not do. Sources: feeds specification, 12; equities, 4.
CASH, NEXT_DAY, SELLER = 0x2, 0x4, 0x8
DERIVATIVE, FORM_T, EXTENDED, OUT_OF_SEQUENCE = 0x200, 0x400, 0x2000, 0x4000
BUNCHED, CONTINGENT, AVERAGE, VARIATION = 0x20000, 0x40000, 0x100000, 0x400000
OFFICIAL_CLOSE, PRIOR_REFERENCE, OFFICIAL_OPEN, ODD_LOT = (
    0x1000000,
    0x2000000,
    0x4000000,
    0x80000000,
)
NO_VOLUME: Final = OFFICIAL_CLOSE | OFFICIAL_OPEN
VOLUME_ONLY: Final = CASH | NEXT_DAY | SELLER | CONTINGENT | AVERAGE | VARIATION
IF_FIRST: Final = DERIVATIVE | OUT_OF_SEQUENCE | PRIOR_REFERENCE
NO_LEVELS: Final = NO_VOLUME | VOLUME_ONLY | IF_FIRST
NO_PRICE: Final = NO_VOLUME | VOLUME_ONLY | ODD_LOT


def pandas() -> Any:  # noqa: ANN401 - has no types here
    return import_module("pandas")


def trades(path: Path) -> Any:  # noqa: ANN401 - a table
    """Return the rows of a trade archive with what each may count for, in the order of the file."""
    names = ["ms", "at_e4", "size", "venue", "bits", "doubt"]
    table = pandas().read_csv(path, header=None, names=names, dtype={"bits": str})
    bits = np.array([int(text, 16) for text in table["bits"]], dtype=np.int64)
    # Both bits are one condition: extended hours, sold out of sequence.
    is_late_report = (bits & EXTENDED != 0) & (bits & OUT_OF_SEQUENCE != 0)
    is_form_t = ((bits & (FORM_T | EXTENDED)) != 0) & ~is_late_report
    is_regular = (table["ms"] >= OPEN_MS) & (table["ms"] < CLOSE_MS)
    is_quiet = is_late_report | (is_form_t & is_regular)
    table["bits"] = bits
    table["rth"] = is_regular
    table["off"] = table["venue"] == "D"
    table["volume"] = bits & NO_VOLUME == 0
    table["levels"] = table["volume"] & (bits & NO_LEVELS == 0)
    table["range"] = (bits & NO_PRICE == 0) & ~is_quiet
    table["last"] = table["range"] & _first_or_any(table["range"], bits & IF_FIRST != 0)
    table["minute"] = table["ms"] // 60_000
    return table


def _first_or_any(
    may: Any,  # noqa: ANN401 - a column
    is_if_first: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Return where there is no earlier last price yet, or none is asked for."""
    able: NDArray[np.bool_] = may.to_numpy()
    found: NDArray[np.bool_] = ~is_if_first
    sets = np.flatnonzero(able & found)
    earlier = np.flatnonzero(able[: sets[0]] if sets.size else able)
    found[earlier[:1]] = True
    return found


def bars(table: Any, width_ms: int) -> Any:  # noqa: ANN401 - tables
    """Return volume, count and prices of the prints of each window, by the start's ms."""
    frames = pandas()
    start = table["ms"] // width_ms * width_ms
    lasts, ranged = table[table["last"]], table[table["range"]]
    counted = table[table["volume"]]
    by_last, by_range = lasts.groupby(start[lasts.index]), ranged.groupby(start[ranged.index])
    by_volume = counted.groupby(start[counted.index])
    out = frames.DataFrame({"volume": by_volume["size"].sum(), "count": by_volume["ms"].count()})
    worth = (ranged["at_e4"] * ranged["size"]).groupby(start[ranged.index]).sum()
    out["vwap"] = worth / by_range["size"].sum() / 10_000
    out["off"] = counted[counted["off"]].groupby(start)["size"].sum()
    out["off"] = out["off"].fillna(0)
    out["open"], out["close"] = by_last["at_e4"].first(), by_last["at_e4"].last()
    newest = by_range["at_e4"].last()
    out["basis"] = np.where(
        out["open"].notna(),
        "last",
        np.where(newest.reindex(out.index).notna(), "high_low", "carried"),
    )
    for name in ("open", "close"):
        out[name] = out[name].fillna(newest)
    out["high"] = frames.concat([by_range["at_e4"].max(), out["open"], out["close"]], axis=1).max(
        axis=1
    )
    out["low"] = frames.concat([by_range["at_e4"].min(), out["open"], out["close"]], axis=1).min(
        axis=1
    )
    return out


def market(path: Path) -> Any:  # noqa: ANN401 - a table
    """Return the changes of bid and ask of a quote archive, stamped in ns of the day."""
    names = ["ms", "bid", "bid_size", "ask", "ask_size", "venue", "bits", "doubt"]
    rows = pandas().read_csv(path, header=None, names=names, dtype={"bits": str})
    rows["stamp"] = stamps(rows)
    is_bid, is_ask = (rows["bid_size"] + rows["bid"]) > 0, (rows["ask_size"] + rows["ask"]) > 0
    pairs = (is_bid & ~is_ask) & (is_ask & ~is_bid).shift(-1, fill_value=False)
    pairs &= rows["ms"] == rows["ms"].shift(-1)
    # The offer of a pair counts at the stamp of its bid.
    rows["stamp"] = rows["stamp"].where(~pairs.shift(fill_value=False), rows["stamp"].shift())
    for side, is_side in (("bid", is_bid), ("ask", is_ask)):
        rows[f"{side}_venue"] = rows["venue"].where(is_side).ffill()
        for name in (side, f"{side}_size"):
            rows[name] = rows[name].where(is_side).ffill()
    told = rows[~pairs]
    state = ["bid", "bid_size", "bid_venue", "ask", "ask_size", "ask_venue"]
    told = told.dropna(subset=state)
    is_new = (told[state] != told[state].shift()).any(axis=1)
    out = told[is_new][["stamp", "bid", "ask"]].copy()
    out["stamp"] = out["stamp"].astype(np.int64)
    return out


def stamps(table: Any) -> Any:  # noqa: ANN401 - a table, a column
    """Return ns of the day: rows of one millisecond follow each other by a nanosecond."""
    run = (table["ms"] != table["ms"].shift()).cumsum()
    return table["ms"] * MS_NS + table.groupby(run).cumcount()


def sides(table: Any, quotes: Any) -> list[str]:  # noqa: ANN401 - tables
    """Return the placement of each print against the quote at or before it, at most 1 s old."""
    left = table[["at_e4"]].assign(stamp=stamps(table))
    right = quotes.assign(quoted=quotes["stamp"])
    both = pandas().merge_asof(left, right, on="stamp")
    price, bid, ask = (both[name].to_numpy() for name in ("at_e4", "bid", "ask"))
    age = (both["stamp"] - both["quoted"]).to_numpy()
    width = ask - bid
    found = np.select(
        [
            np.isnan(bid) | np.isnan(ask) | (width < 0),
            age > 1_000 * MS_NS,
            price > ask,
            price < bid,
            width == 0,
            5 * (price - bid) >= 4 * width,
            5 * (price - bid) <= width,
        ],
        ["MISSING", "STALE", "AA", "BB", "MID", "A", "B"],
        "MID",
    )
    return [str(each) for each in found]
