"""How `islandflow trace` writes the records of equities, one line each."""

from collections.abc import Callable
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from rich.markup import escape

from infra.cli.output import counted
from infra.cli.output import dollars
from infra.cli.output import eastern
from infra.evidence import Row

_STATES: Final = {
    "BALANCE": "in balance",
    "IMBALANCE_UP": "imbalance upwards",
    "IMBALANCE_DOWN": "imbalance downwards",
    "UNKNOWN": "state unknown",
}
_INTERVALS: Final = {1000: "1-second", 5000: "5-second", 60_000: "1-minute", 3_600_000: "1-hour"}


def price_text(price: float) -> str:
    """
    Write a price to the cent, or to what it has beyond.

    Examples
    --------
    >>> price_text(13.8), price_text(13.8299), price_text(1234.5)
    ('13.80', '13.8299', '1,234.50')
    """
    return f"{price:,.2f}" if abs(price * 100 - round(price * 100)) < 1e-6 else f"{price:,.4f}"


def shares_text(shares: float) -> str:
    """
    Write shares without a fraction they do not have.

    Examples
    --------
    >>> shares_text(41_406.0), shares_text(0.25)
    ('41,406', '0.25')
    """
    return f"{shares:,.0f}" if shares == int(shares) else f"{shares:,.6f}".rstrip("0")


def _when(row: Row) -> str:
    return f"{eastern(int(row['source_ts']), date=True)} ET"


def _span(row: Row) -> str:
    start, end = int(row["window_start"]), int(row["window_end"])
    return f"{eastern(start, date=True)[:19]} to {eastern(end)[:8]} ET"


def _market(row: Row) -> str:
    bid, ask = (_or_dash(row[side]) for side in ("bid", "ask"))
    return f"{bid} × {ask}"


def _or_dash(price: float | None) -> str:
    return "-" if price is None else price_text(price)


def _venue(row: Row) -> str:
    if not row["off_exchange_flag"]:
        return f"venue {row['exchange']}" if row["exchange"] else "venue unknown"
    return "off-exchange (TRF" + (f" {row['trf_id']})" if row["trf_id"] else ")")


def _dark(row: Row) -> str:
    name = row["kind"].replace("_", " ")
    low, high = price_text(row["price_low"]), price_text(row["price_high"])
    where = f"at {low}" if low == high else f"between {low} and {high}"
    status = {"confirmed": "green", "provisional": "yellow"}.get(row["status"], "red")
    return (
        f"[magenta]inferred {name}[/magenta] {row['underlying_id']} {shares_text(row['shares'])} "
        f"shares, {dollars(row['notional'])}, {counted(row['print_count'], 'off-exchange print')} "
        f"{where}, confidence {row['confidence']:.0%}, [{status}]{row['status']}[/{status}]  "
        f"{_when(row)}"
    )


def _join(row: Row) -> str:
    size = f"{shares_text(row['size']):>7} @ {price_text(row['price']):<8}"
    side = f"{row['nbbo_side']:<7} {row['direction']:<7}"
    quote = "no quote"
    if row["quote_trace_id"] is not None:
        age = row["quote_age_ms"]
        quote = f"quote {_market(row)}" + ("" if age is None else f" {age:,.0f} ms before")
    parts = [size, side, _venue(row), quote, f"quality {row['join_quality']:.2f}"]
    parts += [" ".join(row["quality_flags"]).replace("_", " ")] if row["quality_flags"] else []
    parts += ["[red]cancelled[/red]"] if row["cancelled"] else []
    return f"{eastern(int(row['source_ts']))}  {'  '.join(parts)}"


def _print(row: Row) -> str:
    codes = " ".join(row["conditions"])
    what = "[red]cancel of[/red] " if row["action"] == "cancel" else ""
    size = f"{shares_text(row['size'])} @ {price_text(row['price'])}"
    parts = [f"{_when(row)}  {row['underlying_id']}  {what}{size}", _venue(row), row["session"]]
    return "  ".join([*parts, escape(codes)] if codes else parts)


def _quote(row: Row) -> str:
    sizes = " × ".join(
        ["-" if row[name] is None else shares_text(row[name]) for name in ("bid_size", "ask_size")]
    )
    scope = "one venue" if row["scope"] == "venue" else row["scope"].upper()
    return f"{_when(row)}  {row['underlying_id']}  {_market(row)}  {sizes} shares  {scope}"


def _state(row: Row) -> str:
    area = f"value area {price_text(row['val'])} to {price_text(row['vah'])}"
    return (
        f"[cyan]state[/cyan] {row['underlying_id']} {_STATES.get(row['state'], row['state'])}, "
        f"confidence {row['confidence']}, price {price_text(row['current_price'])}, {area}, "
        f"POC {price_text(row['poc'])}  {_when(row)}"
    )


def _signal(row: Row) -> str:
    exits = [
        f"{name} {price_text(row[name])}" for name in ("stop", "target") if row[name] is not None
    ]
    what = f"{row['kind'].replace('_', ' ')} at {price_text(row['price'])}"
    return (
        f"[cyan]signal of {escape(row['strategy'])}[/cyan] {row['underlying_id']} "
        f"{', '.join([what, *exits])}  {_when(row)}"
    )


def _order_flow(row: Row) -> str:
    length = _INTERVALS.get(row["interval_ms"], row["window"])
    return (
        f"[yellow]{length} order flow[/yellow] {row['underlying_id']} bought "
        f"{shares_text(row['buy_volume'])}, sold {shares_text(row['sell_volume'])}, unknown "
        f"{shares_text(row['unknown_volume'])}; delta {row['delta']:+,.0f}, in the session "
        f"{row['cumulative_delta']:+,.0f}  {_span(row)}"
    )


def _candle(row: Row) -> str:
    seconds = int(row["interval_ms"]) // 1000
    length = _INTERVALS.get(row["interval_ms"]) or (
        f"{seconds // 60}-minute" if seconds % 60 == 0 else f"{seconds}-second"
    )
    prices = " ".join([_or_dash(row[name]) for name in ("open", "high", "low", "close")])
    volume = float(row["volume"])
    share = f", {row['off_exchange_volume'] / volume:.0%} off-exchange" if volume else ""
    state = "" if row["closed"] else ", forming"
    return (
        f"[yellow]{length} bar[/yellow] {row['underlying_id']} {prices}, {shares_text(volume)} "
        f"shares in {counted(row['trade_count'], 'print')}{share}{state}  {_span(row)}"
    )


def _profile(row: Row) -> str:
    window = str(row["window"])
    if window == "session":
        window = "regular session" if row["trace_id"].endswith("-rth") else "whole day"
    levels = "no levels"
    if row["poc"] is not None:
        area = f"value area {price_text(row['val'])} to {price_text(row['vah'])}"
        levels = f"POC {price_text(row['poc'])}, {area}"
    nodes = ", ".join([price_text(each) for each in row["lvns"]])
    return (
        f"[yellow]profile[/yellow] {row['underlying_id']} {window}: {levels}, "
        f"{shares_text(row['total_volume'])} shares"
        + (f", low-volume nodes {nodes}" if nodes else "")
        + f"  {_span(row)}, as it stood at {eastern(int(row['source_ts']))[:8]}"
    )


def _level(row: Row) -> str:
    return f"[yellow]{row['level_kind']}[/yellow] {row['underlying_id']} {price_text(row['price'])}"


def _event(row: Row) -> str:
    return (
        f"[blue]{row['kind']}[/blue] {row['underlying_id']} "
        f"{eastern(int(row['event_ts']), date=True)} ET"
    )


LABELS: Final[Mapping[str, Callable[[Row], str]]] = MappingProxyType(
    {
        "dark": _dark,
        "equity_join": _join,
        "equity_print": _print,
        "equity_quote": _quote,
        "state": _state,
        "signal": _signal,
        "order_flow": _order_flow,
        "candle": _candle,
        "profile": _profile,
        "level": _level,
        "event": _event,
    }
)


def reasons(kind: str, row: Row) -> list[str]:
    """Return what explains a record, a line each."""
    if kind == "dark":
        return [row["label"], *row["explanations"]]
    if kind == "signal":
        return [row["reason"]] if row["reason"] else []
    if kind == "state":
        votes = ", ".join([f"{name} {vote:+.0f}" for name, vote in row["votes"].items()])
        return [f"votes: {votes}"] if votes else []
    if kind == "order_flow":
        return [f"{each['preset']}: {each['message']}" for each in row["aggression"]]
    return []


def prints_statement(kind: str, row: Row) -> str | None:
    """
    Return the statement that lists the prints of a window; null for what has none.

    Bars, profiles and order flow rest on every print of their window and do not name them.
    """
    if kind not in {"candle", "profile", "order_flow"}:
        return None
    window = f"source_ts >= {row['window_start']} AND source_ts < {row['window_end']}"
    where = f"underlying_id = '{row['underlying_id']}' AND {window}"
    return f"SELECT * FROM ticks WHERE {where} ORDER BY source_ts"  # noqa: S608 - shown, not run
