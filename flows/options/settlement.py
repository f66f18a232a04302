"""Judge an alert afterwards: by the next open-interest snapshot and by forward returns."""

from collections.abc import Iterable
from collections.abc import Mapping
from typing import Final

import msgspec

from flows.common.calendar import first_session_at_or_after
from flows.common.calendar import last_session_at_or_before
from flows.common.calendar import session_close_ns
from flows.common.eastern import iso_date
from flows.options.contracts import parse_contract
from flows.options.forward_returns import ForwardReturns
from schemas.records import AlertSettlement
from schemas.records import FlowAlert
from schemas.records import OpenInterest

MAX_WAIT_SESSIONS: Final = 5
SETTLED: Final = "settled"
RETRACTED: Final = "retracted"

OPENED: Final = "opened"
CLOSED: Final = "closed"
INCONCLUSIVE: Final = "inconclusive"
NOT_APPLICABLE: Final = "not_applicable"
NO_DATA: Final = "no_data"
OUTCOMES: Final = (OPENED, CLOSED, INCONCLUSIVE, NOT_APPLICABLE, NO_DATA)
JUDGED: Final = (OPENED, CLOSED, INCONCLUSIVE)

_LATE_DAY: Final = 86_400 * 10**9
_SETTLED_WORD: Final = "Settled"
_AFTERWARDS: Final = "Afterwards the underlying's mid moved "
_WHOLE_MARKET: Final = "The change is the whole market's, not this alert's alone."


def session_before(session: int) -> int:
    """Return the session date before one, days since 1970-01-01."""
    return last_session_at_or_before(session - 1)


def session_after(session: int, count: int = 1) -> int:
    """Return the session date `count` sessions after one, days since 1970-01-01."""
    for _ in range(count):
        session = first_session_at_or_after(session + 1)
    return session


def close_of(session: int) -> int:
    """
    Return the close of a session, ns UTC.

    A date without a session, which no alert can belong to, closes with its UTC day.
    """
    close = session_close_ns(session)
    return (session + 1) * _LATE_DAY if close is None else close


def wait_ends_ns(session: int) -> int:
    """Return when a missing snapshot of a session is no longer waited for, ns UTC."""
    return close_of(session_after(session, MAX_WAIT_SESSIONS))


class SnapshotDay(msgspec.Struct, frozen=True):
    """
    Open interest of an underlying's contracts at one session's end.

    Parameters
    ----------
    records : mapping
        Newest record by contract id; empty when there is no snapshot.
    published_ts : int | None
        When the newest of them was published, ns UTC; null when there is no snapshot.
    """

    records: Mapping[str, OpenInterest]
    published_ts: int | None


def snapshot_day(records: Iterable[OpenInterest]) -> SnapshotDay:
    """Build a snapshot from records of one underlying and date; the newest of a contract counts."""
    newest: dict[str, OpenInterest] = {}
    for record in sorted(records, key=lambda each: (each.published_ts, each.trace_id)):
        newest[record.option_contract_id] = record
    published = [record.published_ts for record in newest.values()]
    return SnapshotDay(newest, max(published) if published else None)


class Snapshots(msgspec.Struct, frozen=True):
    """
    What is known of an underlying's open interest around a session.

    Parameters
    ----------
    session : int
        The alerts' session, days since 1970-01-01.
    before, after : SnapshotDay
        As of the session before, and as of the session itself.
    clock_ns : int
        Event time up to which the store is filled, ns UTC: tells late from not yet there.
    """

    session: int
    before: SnapshotDay
    after: SnapshotDay
    clock_ns: int


class ContractOutcome(msgspec.Struct, frozen=True, gc=False):
    """
    What open interest says about an alert's size in one contract.

    Parameters
    ----------
    outcome : str
        One of `OUTCOMES`.
    size : int
        The alert's contracts there.
    before, after : OpenInterest | None
        The records compared; null unless judged.
    known_ts : int
        When it became knowable, ns UTC.
    """

    outcome: str
    size: int
    before: OpenInterest | None
    after: OpenInterest | None
    known_ts: int


def contract_outcome(contract_id: str, size: int, known: Snapshots) -> ContractOutcome | None:
    """
    Judge one contract by the change of its open interest over the session.

    Parameters
    ----------
    contract_id : str
        The contract.
    size : int
        The alert's contracts in it, above 0.
    known : Snapshots
        Open interest of its underlying.

    Returns
    -------
    ContractOutcome | None
        None while a snapshot is missing and less than five sessions have passed.

    Notes
    -----
    `opened` at a change of +.25 of the size or more, `closed` at −.25 or less, else
    `inconclusive`. A contract whose last session this was is `not_applicable`. One that is missing
    from a snapshot which has others of its underlying (listed that day, or renamed by a split) is
    `no_data`. Source: options flow specification, 10.
    """
    session = known.session
    if last_session_at_or_before(parse_contract(contract_id).expiry) <= session:
        return ContractOutcome(NOT_APPLICABLE, size, None, None, close_of(session))
    if known.before.published_ts is None or known.after.published_ts is None:
        given_up_ns = wait_ends_ns(session)
        if known.clock_ns <= given_up_ns:
            return None
        return ContractOutcome(NO_DATA, size, None, None, given_up_ns)
    before = known.before.records.get(contract_id)
    after = known.after.records.get(contract_id)
    if before is None or after is None:
        seen_ns = max(known.before.published_ts, known.after.published_ts)
        return ContractOutcome(NO_DATA, size, None, None, seen_ns)
    published_ns = max(before.published_ts, after.published_ts)
    return ContractOutcome(
        change_outcome(after.oi - before.oi, size), size, before, after, published_ns
    )


def change_outcome(oi_change: int, size: int) -> str:
    """
    Tell opening from closing by the change of open interest against a size, both contracts.

    Examples
    --------
    >>> change_outcome(25, 100), change_outcome(24, 100), change_outcome(-25, 100)
    ('opened', 'inconclusive', 'closed')
    """
    if 4 * oi_change >= size:
        return OPENED
    return CLOSED if 4 * oi_change <= -size else INCONCLUSIVE


def combined_outcome(parts: Iterable[ContractOutcome]) -> str:
    """
    Return the outcome of the contracts that hold .60 of the size or more, else `inconclusive`.

    Notes
    -----
    Source: options flow specification, 10 (structures). Without any contract it is `no_data`.
    """
    sizes = dict.fromkeys(OUTCOMES, 0)
    for part in parts:
        sizes[part.outcome] += part.size
    total = sum(sizes.values())
    if not total:
        return NO_DATA
    for outcome, size in sizes.items():
        if 5 * size >= 3 * total:
            return outcome
    return INCONCLUSIVE


def contract_outcomes(
    sizes: Mapping[str, int], known: Snapshots
) -> tuple[ContractOutcome, ...] | None:
    """
    Judge every contract of an alert; null while one of them has to wait.

    Parameters
    ----------
    sizes : mapping
        The alert's contracts by contract id; sizes of 0 are left out.
    known : Snapshots
        Open interest of the underlying.
    """
    found: list[ContractOutcome] = []
    for contract_id in sorted(sizes):
        if sizes[contract_id] <= 0:
            continue
        part = contract_outcome(contract_id, sizes[contract_id], known)
        if part is None:
            return None
        found.append(part)
    if not found and known.clock_ns <= wait_ends_ns(known.session):
        return None
    return tuple(found)


def settlement_of(
    parts: tuple[ContractOutcome, ...], session: int, returns: ForwardReturns
) -> AlertSettlement:
    """
    Put the outcomes of an alert's contracts together.

    Returns
    -------
    AlertSettlement
        Open interest and its change are summed over the contracts that were judged; null when
        none was, or when a contract that had to be judged has no data.
    """
    compared = [
        (part.size, part.before, part.after)
        for part in parts
        if part.before is not None and part.after is not None
    ]
    is_whole = bool(compared) and all(part.outcome != NO_DATA for part in parts)
    before = sum(old.oi for _, old, _ in compared)
    after = sum(new.oi for _, _, new in compared)
    size = sum(size for size, _, _ in compared)
    return AlertSettlement(
        oi_before=before if is_whole else None,
        oi_after=after if is_whole else None,
        oi_change=after - before if is_whole else None,
        open_ratio=round((after - before) / size, 6) if is_whole else None,
        outcome=combined_outcome(parts),
        settled_for=session,
        oi_snapshot_ids=tuple(
            [record.trace_id for _, old, new in compared for record in (old, new)]
        ),
        forward_returns=returns.returns,
    )


def settle_alert(
    alert: FlowAlert, sizes: Mapping[str, int], known: Snapshots, returns: ForwardReturns
) -> FlowAlert | None:
    """
    Settle an alert.

    Parameters
    ----------
    alert : FlowAlert
        Its newest revision; one that is settled already is judged again.
    sizes : mapping
        Its contracts by contract id.
    known : Snapshots
        Open interest of its underlying around its session.
    returns : ForwardReturns
        After its emission.

    Returns
    -------
    FlowAlert | None
        The next revision: state `settled`, `source_ts` when all of it was knowable (the snapshot's
        publication or the last known horizon). Score, confidence and severity stay. None when the
        alert was retracted, its session is not over, a snapshot has to be waited for, or judging
        again changes nothing.

    Notes
    -----
    Source: options flow specification, 10 (Lifecycle, Settlement).
    """
    if alert.state == RETRACTED or known.clock_ns < close_of(known.session):
        return None
    parts = contract_outcomes(sizes, known)
    if parts is None:
        return None
    settlement = settlement_of(parts, known.session, returns)
    judged = sum(part.size for part in parts if part.before is not None)
    size = judged or sum(part.size for part in parts)
    why = (*unsettled_why(alert), *settlement_why(settlement, size))
    if alert.state == SETTLED and alert.settlement == settlement and alert.why == why:
        return None
    # Without a contract there is nothing to compare: known once nothing more is waited for.
    knowable = [part.known_ts for part in parts] or [wait_ends_ns(known.session)]
    if returns.known_ts is not None:
        knowable.append(returns.known_ts)
    used = [record for part in parts for record in (part.before, part.after) if record is not None]
    return msgspec.structs.replace(
        alert,
        source_ts=max([alert.source_ts, *knowable]),
        ingest_ts=max([alert.ingest_ts, *[record.ingest_ts for record in used]]),
        revision=alert.revision + 1,
        state=SETTLED,
        why=why,
        settlement=settlement,
    )


def unsettled_why(alert: FlowAlert) -> tuple[str, ...]:
    """Return an alert's sentences without those a settlement added."""
    return tuple([line for line in alert.why if not line.startswith((_SETTLED_WORD, _AFTERWARDS))])


def settlement_why(settlement: AlertSettlement, size: int) -> tuple[str, ...]:
    """
    Return the sentences that tell a settlement.

    Parameters
    ----------
    settlement : AlertSettlement
        What was found.
    size : int
        The alert's contracts that were judged; all of them when none was.
    """
    lines = [_interest_line(settlement, size)]
    moves = [
        f"{each.bps:+.1f} bps to {_HORIZON_WORDS.get(each.horizon, each.horizon)}"
        for each in settlement.forward_returns
        if each.bps is not None
    ]
    if moves:
        lines.append(f"{_AFTERWARDS}{', '.join(moves)}: what happened, no forecast.")
    return tuple(lines)


_HORIZON_WORDS: Final = {"close": "the close", "next_close": "the next close"}
_READINGS: Final = {
    OPENED: "fits opening",
    CLOSED: "fits closing",
    INCONCLUSIVE: "tells neither opening nor closing",
}


def _interest_line(settlement: AlertSettlement, size: int) -> str:
    day = iso_date(settlement.settled_for)
    outcome = settlement.outcome
    contracts = "1 contract" if size == 1 else f"{size:,} contracts"
    change = settlement.oi_change
    if change is not None and outcome in _READINGS:
        return (
            f"{_SETTLED_WORD} {outcome}: open interest went from {settlement.oi_before:,} to "
            f"{settlement.oi_after:,} ({change:+,}) over {day}, against {contracts} of this alert, "
            f"which {_READINGS[outcome]}. {_WHOLE_MARKET}"
        )
    if outcome == NOT_APPLICABLE:
        return (
            f"{_SETTLED_WORD} without a judgement: the contracts expired on {day}, so open "
            "interest, which is the whole market's, tells nothing."
        )
    if outcome == NO_DATA:
        return (
            f"{_SETTLED_WORD} without a judgement: open interest, which is the whole market's, is "
            f"missing before or after {day}."
        )
    return (
        f"{_SETTLED_WORD} {outcome}: the change of open interest over {day} is not known for all "
        f"of the {contracts}. {_WHOLE_MARKET}"
    )
