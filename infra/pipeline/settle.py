"""Settle a session's alerts and score them: the work behind `islandflow settle`."""

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any
from typing import Final

import msgspec
import numpy as np

from connectors.kafka.serde import AvroWire
from flows.common.calendar import eastern_ns
from flows.common.eastern import iso_date
from flows.options.base_rates import BaseRate
from flows.options.base_rates import base_rates
from flows.options.base_rates import opened_base_rate
from flows.options.forward_returns import ForwardReturns
from flows.options.forward_returns import MidPath
from flows.options.forward_returns import SessionTimes
from flows.options.forward_returns import forward_returns
from flows.options.scorecard import Scorecard
from flows.options.scorecard import scorecard
from flows.options.scorecard import scored_alert
from flows.options.settlement import JUDGED
from flows.options.settlement import OPENED
from flows.options.settlement import OUTCOMES
from flows.options.settlement import RETRACTED
from flows.options.settlement import SETTLED
from flows.options.settlement import Snapshots
from flows.options.settlement import close_of
from flows.options.settlement import session_after
from flows.options.settlement import session_before
from flows.options.settlement import settle_alert
from infra.embedded.stack import StackAddresses
from infra.errors import MisconfiguredInfra
from infra.pipeline.drain import DrainRequest
from infra.pipeline.drain import Observer
from infra.pipeline.lag import Progress
from infra.pipeline.prepare import prepare
from infra.pipeline.settle_log import ALERTS_TOPIC
from infra.pipeline.settle_log import opened_in_log
from infra.pipeline.settle_log import publish_alerts
from infra.pipeline.settle_log import store_log
from infra.pipeline.settle_store import SettlementStore
from infra.settings import Settings
from infra.tables import open_tables
from schemas.records import FlowAlert

READ_TOPICS: Final = (
    *("equities.quotes", "flow.alerts", "flow.packets", "options.tape"),
    *("refdata.events", "refdata.open-interest"),
)
NEIGHBOUR_SESSIONS: Final = 2

_OPEN_MINUTE: Final = 9 * 60 + 30


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleRequest:
    """
    What to settle.

    Parameters
    ----------
    addresses : StackAddresses
        The services.
    data_dir : Path
        Folder of persist's state.
    session : int
        Whose alerts, days since 1970-01-01.
    again : bool
        Judge settled alerts again; what comes out the same is not written again.
    """

    addresses: StackAddresses
    data_dir: Path
    session: int
    again: bool = False


@dataclass(slots=True)
class SettleResult:
    """
    How it went.

    Parameters
    ----------
    date : str
        The session.
    alerts : list of FlowAlert
        Newest revision of each, after this run, by first activity.
    settled_now : int
        Alerts this run wrote.
    missing : dict
        Snapshot dates still missing, by underlying, where alerts wait.
    scores : Scorecard | None
        Over all settled alerts of the session.
    """

    date: str
    alerts: list[FlowAlert] = field(default_factory=list)
    settled_now: int = 0
    missing: dict[str, list[str]] = field(default_factory=dict)
    scores: Scorecard | None = None

    def count(self, state: str) -> int:
        """Return the alerts of a state."""
        return sum(alert.state == state for alert in self.alerts)

    @property
    def waiting(self) -> int:
        """Return the alerts that wait for a snapshot or the session's end."""
        return len(self.alerts) - self.count(SETTLED) - self.count(RETRACTED)

    def outcomes(self) -> dict[str, int]:
        """Return the settled alerts by outcome."""
        found = dict.fromkeys(OUTCOMES, 0)
        for alert in self.alerts:
            if alert.settlement is not None:
                found[alert.settlement.outcome] += 1
        return found

    def as_json(self) -> dict[str, Any]:
        """Return the result as the one object `--json` prints."""
        return {
            "date": self.date,
            "alerts": len(self.alerts),
            "settled": self.count(SETTLED),
            "settled_now": self.settled_now,
            "waiting": self.waiting,
            "retracted": self.count(RETRACTED),
            "missing_snapshots": self.missing,
            "outcomes": self.outcomes(),
            "settlements": [
                {
                    "alert_id": alert.alert_id,
                    "revision": alert.revision,
                    "direction": alert.direction,
                    **msgspec.to_builtins(alert.settlement),
                    "settled_for": self.date,
                }
                for alert in self.alerts
                if alert.settlement is not None
            ],
            "scorecard": msgspec.to_builtins(self.scores),
        }


@dataclass(frozen=True, slots=True)
class _Market:
    """What settlement needs of one underlying."""

    known: Snapshots
    path: MidPath
    times: SessionTimes
    sessions: tuple[SessionTimes, ...]
    traded: Mapping[str, int]


def settle(
    request: SettleRequest, settings: Settings, observe: Observer | None = None
) -> SettleResult:
    """
    Settle a session's alerts, publish and store them, and score what is settled.

    Delivery: at least once; the same inputs give the same revision, and a settled alert is left
    alone, so a second run adds nothing. An alert whose snapshot is not there yet stays as it is.

    Parameters
    ----------
    request : SettleRequest
        What to settle.
    settings : Settings
        Database and epochs.
    observe : Callable[[str, Progress], None] | None
        Told `store` and `settle` with their progress.

    Raises
    ------
    MisconfiguredInfra
        The session has no alerts, or no open interest to judge any of them by.
    InfraError
        What was published is not stored.
    """
    wire = prepare(settings.services, request.addresses)
    drained = DrainRequest(
        addresses=request.addresses,
        data_dir=request.data_dir,
        epoch_s=settings.flow.flow_epoch_s,
    )
    store_log(drained, READ_TOPICS, observe)
    with open_tables(settings.services, request.addresses) as tables:
        store = SettlementStore(tables)
        alerts = store.alerts(request.session)
        if not alerts:
            raise MisconfiguredInfra(_no_alerts(store, request.session))
        desk = _SettlementDesk(store, request, wire)
        result = desk.settle(alerts, observe)
    published = [new for old, new in zip(alerts, result.alerts, strict=True) if new is not old]
    if result.waiting and not result.count(SETTLED) and desk.has_no_snapshot():
        raise MisconfiguredInfra(_no_snapshots(result))
    if published:
        publish_alerts(published, request.addresses, wire)
        store_log(drained, (ALERTS_TOPIC,), observe)
    return result


class _SettlementDesk:
    def __init__(self, store: SettlementStore, request: SettleRequest, wire: AvroWire) -> None:
        self._store = store
        self._request = request
        self._wire = wire
        self._clock_ns = store.clock_ns()
        self._markets: dict[str, _Market] = {}

    def settle(self, alerts: Sequence[FlowAlert], observe: Observer | None) -> SettleResult:
        result = SettleResult(iso_date(self._request.session))
        sizes = self._store.sizes(alerts)
        opened = self._opened(alerts)
        scored = []
        for number, alert in enumerate(alerts, start=1):
            market = self._market(alert.underlying_id)
            own = sizes[alert.alert_id]
            new = self._settled(alert, own, market, opened.get(alert.alert_id))
            result.settled_now += new is not alert
            result.alerts.append(new)
            if new.state == SETTLED:
                scored.append(scored_alert(new, _base_rates(new, own, market, opened)))
            elif new.state != RETRACTED:
                result.missing[alert.underlying_id] = _missing(market.known)
            if observe is not None:
                observe("settle", Progress(number, len(alerts)))
        result.scores = scorecard(scored)
        return result

    def has_no_snapshot(self) -> bool:
        """Return whether the store has no open interest of any underlying met."""
        return all(
            market.known.before.published_ts is None and market.known.after.published_ts is None
            for market in self._markets.values()
        )

    def _settled(
        self, alert: FlowAlert, sizes: Mapping[str, int], market: _Market, opened_ts: int | None
    ) -> FlowAlert:
        if alert.state == SETTLED and not self._request.again:
            return alert
        if opened_ts is not None:
            returns = forward_returns(opened_ts, market.path, market.times)
        elif alert.settlement is not None:
            returns = ForwardReturns(alert.settlement.forward_returns, alert.source_ts)
        else:
            # Later than it opened, so that nothing is seen that was not known then.
            returns = forward_returns(alert.source_ts, market.path, market.times)
        return settle_alert(alert, sizes, market.known, returns) or alert

    def _opened(self, alerts: Sequence[FlowAlert]) -> dict[str, int]:
        """Return when alerts opened: from the table, else from the log, which keeps revisions."""
        found = self._store.opened_ts(alerts)
        left = {alert.alert_id for alert in alerts} - found.keys()
        if not left:
            return found
        first_ns = min(alert.first_ts for alert in alerts)
        kafka = self._request.addresses.kafka
        return {**found, **opened_in_log(kafka, self._wire, left, first_ns)}

    def _market(self, underlying_id: str) -> _Market:
        if underlying_id not in self._markets:
            self._markets[underlying_id] = self._read_market(underlying_id)
        return self._markets[underlying_id]

    def _read_market(self, underlying_id: str) -> _Market:
        session = self._request.session
        splits = self._store.splits(underlying_id)
        first = session
        for _ in range(NEIGHBOUR_SESSIONS):
            first = session_before(first)
        sessions = [session_after(first, n) for n in range(2 * NEIGHBOUR_SESSIONS + 2)]
        paths = [
            self._store.mids(underlying_id, close_of(session_before(each)) + 1, close_of(each))
            for each in sessions
        ]
        path = MidPath(
            np.concatenate([part.ts for part in paths]),
            np.concatenate([part.mids for part in paths]),
        )
        known = Snapshots(
            session,
            self._store.open_interest(underlying_id, session_before(session)),
            self._store.open_interest(underlying_id, session),
            self._clock_ns,
        )
        return _Market(
            known,
            path,
            session_times(session, splits),
            tuple([session_times(each, splits) for each in sessions[:-1]]),
            self._store.traded(underlying_id, session),
        )


def session_times(session: int, splits: Sequence[int]) -> SessionTimes:
    """Return the times of a session; none to the next close when a split lies before it."""
    close_ns, next_close_ns = close_of(session), close_of(session_after(session))
    is_split = any(close_ns < at <= next_close_ns for at in splits)
    return SessionTimes(
        eastern_ns(session, _OPEN_MINUTE), close_ns, None if is_split else next_close_ns
    )


def _base_rates(
    alert: FlowAlert, sizes: Mapping[str, int], market: _Market, opened: Mapping[str, int]
) -> dict[str, BaseRate]:
    found: dict[str, BaseRate] = {}
    opened_ts = opened.get(alert.alert_id)
    if opened_ts is not None:
        found.update(
            base_rates(opened_ts, alert.direction, market.path, market.times, market.sessions)
        )
    settlement = alert.settlement
    if settlement is not None and settlement.outcome in JUDGED and len(sizes) == 1:
        known = market.known
        rate = opened_base_rate(
            sum(sizes.values()), sizes, market.traded, known.before, known.after
        )
        if rate is not None:
            found[OPENED] = rate
    return found


def _missing(known: Snapshots) -> list[str]:
    days = ((session_before(known.session), known.before), (known.session, known.after))
    return [iso_date(day) for day, snapshot in days if snapshot.published_ts is None]


def _no_alerts(store: SettlementStore, session: int) -> str:
    there = store.sessions_with_alerts()
    if not there:
        return (
            "there are no alerts at all; derive some first, e.g. islandflow run FILE, or name "
            "their folder with --data"
        )
    named = ", ".join(f"{day} ({count:,})" for day, count in there[-10:])
    return f"no alerts of {iso_date(session)}; there are some of {named}"


def _no_snapshots(result: SettleResult) -> str:
    days = sorted({day for missing in result.missing.values() for day in missing})
    names = ", ".join(sorted(result.missing)[:5])
    more = f" and {len(result.missing) - 5:,} more" if len(result.missing) > 5 else ""
    return (
        f"no open interest of {names}{more} to judge {result.waiting:,} alerts of {result.date} "
        f"by; feed the snapshots as of {' and '.join(days)} into the same folder (islandflow run "
        "FILE) and settle again"
    )
