"""Decisions and made-up markets for the tests of the backtest."""

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from flows.options.forward_returns import MidPath
from flows.options.forward_returns import SessionTimes
from flows.options.settlement import session_after
from infra.backtest.market import Market
from infra.backtest.market import base_days
from infra.backtest.observations import Observation
from infra.pipeline.settle import session_times

SESSION: Final = 20_230  # Thursday 2025-05-22
S: Final = 10**9
MINUTE: Final = 60 * S
DAY: Final = 86_400 * S


def sessions_from(first: int, count: int) -> list[int]:
    found = [first]
    while len(found) < count:
        found.append(session_after(found[-1]))
    return found


def open_of(session: int) -> int:
    return session_times(session, ()).open_ns


def at(session: int, minute: float) -> int:
    """Return an instant so many minutes after the open."""
    return open_of(session) + round(minute * MINUTE)


def decision(emission_ns: int, session: int = SESSION, **changes: object) -> Observation:
    made = Observation(
        id=f"al:{emission_ns}",
        emission_ns=emission_ns,
        session=session,
        underlying_id="NVDA",
        direction="bullish",
        kind="options",
        classifiers=("block",),
        profile="institutional_directional",
        severity="medium",
        score=57,
        probability=0.64,
        config_hash="00000000",
    )
    return msgspec.structs.replace(made, **changes)


def grid_of(session: int, every_s: int = 10) -> NDArray[np.int64]:
    times = session_times(session, ())
    return np.arange(times.open_ns, times.close_ns + 1, every_s * S, dtype=np.int64)


def walk(
    seed: int, sessions: Iterable[int], every_s: int = 10, step_bps: float = 1.0
) -> dict[int, MidPath]:
    """Return a random walk of mids for each session, without drift."""
    generator = np.random.default_rng(seed)
    found = {}
    for session in sessions:
        ts = grid_of(session, every_s)
        steps = generator.normal(0.0, step_bps, len(ts))
        found[session] = MidPath(ts, 100.0 * np.exp(np.cumsum(steps) / 1e4))
    return found


def drifted(path: MidPath, decisions: Iterable[Observation], bps_a_minute: float) -> MidPath:
    """Return a path that goes a decision's way for five minutes after each."""
    extra = np.zeros(len(path.ts))
    for each in decisions:
        minutes = np.clip((path.ts - each.emission_ns) / MINUTE, 0.0, 5.0)
        extra += each.sign * bps_a_minute * minutes
    return MidPath(path.ts, path.mids * np.exp(extra / 1e4))


def market_of(paths: Mapping[int, MidPath], splits: Sequence[int] = ()) -> Market:
    sessions = sorted(paths)
    times: dict[int, SessionTimes] = {
        day: session_times(day, splits) for session in sessions for day in base_days(session)
    }
    ts = np.concatenate([paths[day].ts for day in sessions])
    mids = np.concatenate([paths[day].mids for day in sessions])
    return Market(MidPath(ts, mids), times)


class StoredMids:
    """Stands in for the tables: quotes of each underlying, or prints with mids."""

    def __init__(self, paths: Mapping[str, Mapping[int, MidPath]], kind: str = "quotes") -> None:
        self._paths = paths
        self._kind = kind
        self.mids_read = 0

    def rows(
        self, sql: str, parameters: Mapping[str, object] | None = None
    ) -> list[dict[str, Any]]:
        asked = dict(parameters or {})
        if "refdata_events" in sql:
            return []
        if "AS kind" in sql:
            return [
                {"underlying_id": name, "kind": self._kind, "day": day}
                for name, paths in self._paths.items()
                for day in sorted({ts // DAY for path in paths.values() for ts in path.ts.tolist()})
            ]
        self.mids_read += 1
        found: list[tuple[int, float]] = []
        if ("equities_quotes" in sql) is (self._kind == "quotes"):
            for path in self._paths.get(str(asked["underlying"]), {}).values():
                pairs = zip(path.ts.tolist(), path.mids.tolist(), strict=True)
                found += [pair for pair in pairs if asked["from"] <= pair[0] <= asked["to"]]
        found.sort()
        return [{"at": [ts for ts, _ in found], "mid": [mid for _, mid in found]}]
