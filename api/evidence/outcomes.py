"""What came of alerts: signed returns of the underlying, from `api/queries/outcomes.sql`."""

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any
from typing import Final

import msgspec

from api.evidence.lookup import Branch
from api.evidence.rows import Row
from api.store import query_text
from infra.sessions import next_session
from infra.sessions import session_at

OUTCOME: Final = "outcome"
HORIZONS: Final = ("5m", "30m", "close", "next_close")

_NS_PER_S: Final = 10**9
_NS_PER_MINUTE: Final = 60 * _NS_PER_S
_MINUTES: Final = (5, 30)
# A price stands for an instant when it lies this near to it; a bar begins up to a minute later.
ENTRY_NS: Final[Mapping[str, int]] = MappingProxyType(
    {"candles": 120 * _NS_PER_S, "tape": 60 * _NS_PER_S}
)
EXIT_NS: Final = 60 * _NS_PER_S
CLOSE_NS: Final = 300 * _NS_PER_S
_KNOWN: Final = (
    *("basis", "entry_ts", "entry_price", "exit_ts", "exit_price", "bps", "signed_bps"),
)
_SIGNS: Final[Mapping[str, int]] = MappingProxyType({"bullish": 1, "bearish": -1})


class Horizon(msgspec.Struct, frozen=True):
    """
    One horizon of one alert.

    Parameters
    ----------
    name : str
        One of `HORIZONS`.
    target_ns : int
        The instant it reaches to, ns UTC.
    tolerance_ns : int
        How long before that the last price may be.
    is_reached : bool
        Whether the session reaches that far: minutes are asked within it only.
    """

    name: str
    target_ns: int
    tolerance_ns: int
    is_reached: bool


def horizons_of(first_ns: int) -> tuple[Horizon, ...]:
    """
    Return what is asked of an alert.

    Parameters
    ----------
    first_ns : int
        Its first activity, ns UTC.

    Notes
    -----
    Minutes that end behind the close are not asked, as in settlement; after the close they are,
    where prices go on. On a day off the session is the next one.
    """
    session = session_at(first_ns)
    close_ns = session.close_ns
    is_after = first_ns >= close_ns
    minutes = [
        Horizon(f"{count}m", end_ns, EXIT_NS, is_after or end_ns <= close_ns)
        for count in _MINUTES
        for end_ns in (first_ns + count * _NS_PER_MINUTE,)
    ]
    next_ns = next_session(session).close_ns
    return (
        *minutes,
        Horizon("close", close_ns, CLOSE_NS, not is_after),
        Horizon("next_close", next_ns, CLOSE_NS, is_reached=True),
    )


def outcome_parameters(alerts: Sequence[Row]) -> dict[str, object]:
    """
    Return the parameters of the query for alerts.

    Parameters
    ----------
    alerts : sequence of dict
        With `underlying_id` and `first_ts`; at least one.
    """
    asked = [(alert, each) for alert in alerts for each in horizons_of(int(alert["first_ts"]))]
    first = [int(alert["first_ts"]) for alert, _ in asked]
    return {
        "numbers": list(range(len(asked))),
        "of": [alert["underlying_id"] for alert, _ in asked],
        "first_ts": first,
        "targets": [each.target_ns for _, each in asked],
        "underlyings": sorted({alert["underlying_id"] for alert in alerts}),
        "from": min(first),
        "to": max(each.target_ns for _, each in asked),
    }


def outcome_branch(alerts: Sequence[Row]) -> Branch:
    """Return the statement of the outcomes of alerts as rows of a lookup."""
    sql = (
        f"SELECT '{OUTCOME}' AS _kind, concat(toString(number), ' ', basis) AS _id, "  # noqa: S608 - our own file
        "toJSONString(tuple(number, basis, entry_ts, entry_price, exit_ts, exit_price, newest_ts, "
        f"bps)) AS _body FROM ({query_text('outcomes')})"
    )
    return sql, outcome_parameters(alerts)


def outcomes_of(
    alerts: Sequence[Row], found: Iterable[Sequence[Any]], clock_ns: int
) -> dict[str, list[dict[str, Any]]]:
    """
    Return the outcomes of alerts in the order of `HORIZONS`, by alert id.

    Parameters
    ----------
    alerts : sequence of dict
        As they were asked; the direction signs a return, without bullish or bearish there is none.
    found : iterable of sequences
        Rows of the query.
    clock_ns : int
        Newest event time of the market, ns UTC; what lies after it is pending.
    """
    by_number: dict[int, dict[str, Sequence[Any]]] = {}
    for row in found:
        by_number.setdefault(row[0], {})[row[1]] = row
    told: dict[str, list[dict[str, Any]]] = {}
    number = 0
    for alert in alerts:
        own = told[alert["alert_id"]] = []
        for horizon in horizons_of(int(alert["first_ts"])):
            bases = by_number.get(number, {})
            own.append(
                _outcome(alert, horizon, bases.get("candles") or bases.get("tape"), clock_ns)
            )
            number += 1
    return told


def _outcome(
    alert: Row, horizon: Horizon, row: Sequence[Any] | None, clock_ns: int
) -> dict[str, Any]:
    state = _state(int(alert["first_ts"]), horizon, row, clock_ns)
    told: dict[str, Any] = {
        "horizon": horizon.name,
        "target_ts": str(horizon.target_ns),
        "state": state,
        **dict.fromkeys(_KNOWN),
    }
    if state == "known" and row is not None:
        _, basis, entry_ns, entry_price, exit_ns, exit_price, _, bps = row
        sign = _SIGNS.get(alert["direction"])
        signed = None if sign is None else bps * sign
        values = (basis, str(entry_ns), entry_price, str(exit_ns), exit_price, bps, signed)
        told |= dict(zip(_KNOWN, values, strict=True))
    return told


def _state(first_ns: int, horizon: Horizon, row: Sequence[Any] | None, clock_ns: int) -> str:
    if not horizon.is_reached:
        return "unknown"
    newest_ns = 0 if row is None else int(row[6])
    if horizon.target_ns > max(newest_ns, clock_ns):
        return "pending"
    if row is None:
        return "unknown"
    _, basis, entry_ns, entry_price, exit_ns, exit_price, _, _ = row
    is_known = (
        entry_price > 0
        and exit_price > 0
        and exit_ns > entry_ns
        and entry_ns - first_ns <= ENTRY_NS[basis]
        and horizon.target_ns - exit_ns <= horizon.tolerance_ns
    )
    return "known" if is_known else "unknown"
