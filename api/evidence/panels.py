"""What the panels' queries are asked, and how their rows become answers."""

from collections.abc import Mapping
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any
from typing import Final

from api.params import parse_integer
from api.params import parse_time
from api.problems import parameter_problem
from infra.sessions import next_session
from infra.sessions import session_at
from infra.sessions import session_up_to
from infra.sessions import sessions_between

Row = dict[str, Any]

MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000
MAX_DAYS: Final = 31
_NS_PER_MS: Final = 1_000_000
_NS_PER_S: Final = 10**9
_NS_PER_DAY: Final = 86_400 * _NS_PER_S

HORIZONS: Final[Mapping[str, int]] = MappingProxyType(
    {"opened": 0, "1m": 1, "5m": 5, "15m": 15, "60m": 60, "close": 0, "next_close": 0}
)
# Of a return to a horizon of minutes both ends lie within a quarter of it, at most a minute.
_MAX_TOLERANCE_S: Final = 60
_CLOSE_TOLERANCE_S: Final = 300
# Sessions around an alert that base rates look at, and one more for the next close.
_SESSIONS_BEFORE: Final = 3
_SESSIONS_BEHIND: Final = 4
_SHOWN: Final = (
    *("name", "alerts", "settled", "n", "known_share", "hits", "hit_rate", "low", "high"),
    *("base_n", "mean_signed_bps", "oi_outcomes", "calibration"),
)


def parse_range(given: Mapping[str, str], clock_ns: int) -> tuple[int, int]:
    """
    Return start and end of a range, ns UTC, the end not included.

    Parameters
    ----------
    given : mapping
        `start_ts` and `end_ts`; without a start it is the session of the end, from midnight
        Eastern; without an end it is what the store has.
    clock_ns : int
        Newest event time of the store, ns UTC.

    Raises
    ------
    Problem
        422: no such time, the end not behind the start, or more than 31 days.
    """
    until = parse_time("end_ts", given.get("end_ts"))
    end_ns = clock_ns + 1 if until is None else until
    since = parse_time("start_ts", given.get("start_ts"))
    # 9 h 30 min before the open a session's trading date has long begun.
    start_ns = session_up_to(end_ns - 1).open_ns - 34_200 * _NS_PER_S if since is None else since
    if start_ns >= end_ns:
        raise parameter_problem("end_ts", "not after start_ts")
    if end_ns - start_ns > MAX_DAYS * _NS_PER_DAY:
        raise parameter_problem("start_ts", f"more than {MAX_DAYS} days before end_ts")
    return start_ns, end_ns


def parse_interval(given: Mapping[str, str], default_ms: int) -> int:
    """
    Return the length of intervals, ms.

    Raises
    ------
    Problem
        422: no whole minutes, or more than a day.
    """
    asked = parse_integer("interval_ms", given.get("interval_ms"), MINUTE_MS, DAY_MS)
    interval_ms = default_ms if asked is None else asked
    if interval_ms % MINUTE_MS:
        raise parameter_problem("interval_ms", "expected whole minutes, e.g. 60000")
    return interval_ms


def scorecard_parameters(start_ns: int, end_ns: int, by: str, horizon: str) -> Mapping[str, object]:
    """Return the parameters of `api/queries/scorecard.sql`."""
    minutes = HORIZONS[horizon]
    tolerance_s = min(minutes * 60 // 4, _MAX_TOLERANCE_S) if minutes else _MAX_TOLERANCE_S
    sessions = sessions_between(
        next_session(session_up_to(start_ns), -_SESSIONS_BEFORE),
        next_session(session_at(end_ns), _SESSIONS_BEHIND),
    )
    return {
        "start": start_ns,
        "end": end_ns,
        "by": by,
        "horizon": horizon,
        "minutes": minutes,
        "entry_ns": tolerance_s * _NS_PER_S,
        "exit_ns": (tolerance_s if minutes else _CLOSE_TOLERANCE_S) * _NS_PER_S,
        "days": [each.date for each in sessions],
        "opens": [each.open_ns for each in sessions],
        "closes": [each.close_ns for each in sessions],
    }


def score_groups(rows: Sequence[Row]) -> tuple[Row | None, list[Row]]:
    """Return the group of all alerts, null without any, and the others."""
    groups = [
        {
            **{name: row[name] for name in _SHOWN},
            "base_rate": row["base_rate_mean"],
            "base_samples": row["base_samples_sum"],
            "is_enough": bool(row["is_enough"]),
        }
        for row in rows
    ]
    overall = next((each for each in groups if not each["name"]), None)
    return overall, [each for each in groups if each["name"]]


def lvn_answer(underlying_id: str, rows: Sequence[Row]) -> Row:
    """Return low-volume nodes with the price they are measured from."""
    first = rows[0] if rows else None
    has_price = first is not None and first["price"]
    return {
        "underlying_id": underlying_id,
        "price": first["price"] if first is not None and has_price else None,
        "price_ts": first["price_ts"] if first is not None and has_price else None,
        "data": [
            {
                "price": row["node"],
                **{name: row[name] for name in ("window", "profile_id", "profile_ts", "distance")},
                "distance_bps": row["distance_bps"],
            }
            for row in rows
        ],
    }
