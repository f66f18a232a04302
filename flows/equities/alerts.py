"""Alerts of an underlying: throttled, revised, built as records."""

from collections import Counter
from collections import OrderedDict
from typing import Final

import msgspec

from flows.common.calendar import NS_PER_S
from flows.common.prices import round6
from flows.common.resume import check_version
from flows.common.sessions import trade_date_and_segment
from flows.equities.alert_draft import AlertDraft
from schemas.records import AlertComponent
from schemas.records import Confidence
from schemas.records import FlowAlert

ALERT_VERSION: Final = "flow.alerts.v1"
EQUITY_ALERT_POLICY: Final = "equities.alerts.v1"
CALIBRATION: Final = "uncalibrated.v1"
STATE_VERSION: Final = 1
OPEN: Final = "open"
UPDATED: Final = "updated"
RETRACTED: Final = "retracted"
HIGH_SCORE: Final = 70
MEDIUM_SCORE: Final = 45
MAX_SUBJECTS: Final = 4096

_KEPT_NS: Final = 3600 * NS_PER_S


class _Subject(msgspec.Struct, array_like=True):
    """
    What is remembered of an alert, or of a draft that was held back.

    `revision` is that of the last record, or -1 when the subject is held back.
    """

    revision: int
    peak_score: int
    suppressed_count: int
    trade_date: int
    touched_ts: int


class _Cooldown(msgspec.Struct, array_like=True):
    """Until when (ns UTC) a key is held back, and by the alert of which subject."""

    until_ts: int
    subject: str


_State = tuple[
    int, list[tuple[str, _Subject]], list[tuple[str, _Cooldown]], list[tuple[str, int]]
]  # fmt: skip


def severity_of(score: int) -> str:
    """Return `high`, `medium` or `low` for a score of 0 to 100."""
    if score >= HIGH_SCORE:
        return "high"
    return "medium" if score >= MEDIUM_SCORE else "low"


class AlertDesk:
    """
    Decide which drafts become alerts of an underlying.

    A draft of a subject not seen before opens an alert, unless one of the same kind and key opened
    within the draft's cooldown: then it is held back, and so are all later drafts of that subject,
    however strong. A draft of an open subject is a revision and is never throttled. One that says
    `updated` or `retracted` of a subject that is not known is dropped: the alert it belongs to was
    never made, or is forgotten.

    `suppressed_count` of the alert that began the cooldown counts the drafts held back; it is
    published with the alert's next revision, as for options.

    Parameters
    ----------
    underlying_id : str
        Whose alerts these are.
    config_hash : str
        8 hex digits over the effective thresholds of the flow.
    source : str
        Source of the prints they rest on; empty for what concerns the underlying itself.

    Attributes
    ----------
    counters : Counter
        `alerts_opened`, `alerts_updated`, `alerts_retracted`, `alerts_suppressed`,
        `alerts_unknown_subject`.

    Notes
    -----
    A subject is remembered over its trading date and for an hour after its last draft, whichever
    is longer, and not more than 4,096 of them. Source: equities specification, 15.
    """

    def __init__(self, underlying_id: str, config_hash: str, source: str = "") -> None:
        self.counters: Counter[str] = Counter()
        self._underlying_id = underlying_id
        # Two sources of one underlying are judged apart, so their alerts are not the same.
        self._scope = f"{source}:{underlying_id}" if source else underlying_id
        self._config_hash = config_hash
        # By kind and subject, in order of the last draft.
        self._subjects: OrderedDict[str, _Subject] = OrderedDict()
        self._cooldowns: dict[str, _Cooldown] = {}

    def submit(self, draft: AlertDraft) -> FlowAlert | None:
        """Return the record a draft becomes; None when it is held back or dropped."""
        self._forget(draft.ts)
        name = f"{draft.kind}|{draft.subject}"
        subject = self._subjects.get(name)
        if subject is None:
            return self._open(draft, name)
        subject.touched_ts = max(subject.touched_ts, draft.ts)
        self._subjects.move_to_end(name)
        if subject.revision < 0:
            return None
        subject.revision += 1
        subject.peak_score = max(subject.peak_score, draft.score)
        is_retracted = draft.state == RETRACTED
        self.counters["alerts_retracted" if is_retracted else "alerts_updated"] += 1
        return self._record(draft, subject, RETRACTED if is_retracted else UPDATED)

    def state(self) -> bytes:
        """Return the state; a desk that loads it goes on byte for byte."""
        state: _State = (
            STATE_VERSION,
            list(self._subjects.items()),
            list(self._cooldowns.items()),
            sorted(self.counters.items()),
        )
        return msgspec.msgpack.encode(state)

    def load(self, state: bytes) -> None:
        """
        Go on from a state.

        Raises
        ------
        MisconfiguredFlow
            It was written by another version.
        """
        check_version(state, STATE_VERSION, "the equity alerts")
        _, subjects, cooldowns, counters = msgspec.msgpack.decode(state, type=_State)
        self._subjects = OrderedDict(subjects)
        self._cooldowns = dict(cooldowns)
        self.counters = Counter(dict(counters))

    def _open(self, draft: AlertDraft, name: str) -> FlowAlert | None:
        if draft.state != OPEN:
            self.counters["alerts_unknown_subject"] += 1
            return None
        ts = draft.ts
        trade_date, _ = trade_date_and_segment(ts)
        subject = self._subjects[name] = _Subject(0, draft.score, 0, trade_date, ts)
        if len(self._subjects) > MAX_SUBJECTS:
            self._subjects.popitem(last=False)
        key = f"{draft.kind}|{draft.key}"
        cooling = self._cooldowns.get(key)
        if cooling is not None and ts < cooling.until_ts:
            subject.revision = -1
            holder = self._subjects.get(cooling.subject)
            if holder is not None:
                holder.suppressed_count += 1
            self.counters["alerts_suppressed"] += 1
            return None
        if draft.cooldown_s > 0:
            self._cooldowns = {
                each: cooldown
                for each, cooldown in self._cooldowns.items()
                if cooldown.until_ts > ts
            }
            self._cooldowns[key] = _Cooldown(ts + round(draft.cooldown_s * NS_PER_S), name)
        self.counters["alerts_opened"] += 1
        return self._record(draft, subject, OPEN)

    def _forget(self, now_ns: int) -> None:
        subjects = self._subjects
        trade_date, _ = trade_date_and_segment(now_ns)
        while subjects:
            oldest = next(iter(subjects.values()))
            if oldest.trade_date >= trade_date or now_ns - oldest.touched_ts <= _KEPT_NS:
                return
            subjects.popitem(last=False)

    def _record(self, draft: AlertDraft, subject: _Subject, state: str) -> FlowAlert:
        """
        Build the record of a subject's present revision.

        One figure is all these rules give: it is `probability` (not calibrated), `fit` and
        `evidence_quality` alike, because they weigh fit and evidence into it together. `margin` is
        0, there being no rival explanation that was scored, and `penalty` 0.
        """
        underlying = self._underlying_id
        alert_id = f"alert:{draft.kind}:{self._scope}:{draft.subject}"
        confidence = round6(draft.confidence)
        return FlowAlert(
            source_ts=draft.ts,
            ingest_ts=draft.ingest_ts,
            seq=draft.seq,
            trace_id=alert_id,
            schema_version=ALERT_VERSION,
            alert_id=alert_id,
            revision=subject.revision,
            state=state,
            direction=draft.direction,
            underlying_id=underlying,
            option_contract_id=None,
            structure_type=None,
            severity=severity_of(draft.score),
            score=draft.score,
            peak_score=subject.peak_score,
            components=tuple(
                [
                    AlertComponent(name, round6(raw), round6(points))
                    for name, raw, points in draft.components
                ]
            ),
            hits=(),
            primary_profile_id=None,
            profile_scores=(),
            confidence=Confidence(confidence, confidence, confidence, 0.0, 0.0, CALIBRATION),
            headline=draft.headline,
            why=draft.why,
            first_ts=draft.first_ts,
            last_ts=draft.last_ts,
            packet_count=0,
            total_premium=round(draft.notional, 2),
            total_size=draft.shares,
            suppressed_count=subject.suppressed_count,
            dedupe_key=f"{underlying}|{draft.kind}|{draft.subject}",
            cooldown_key=f"{underlying}|{draft.kind}|{draft.key}",
            settlement=None,
            evidence_refs=draft.refs,
            policy_version=EQUITY_ALERT_POLICY,
            config_hash=self._config_hash,
            kind=draft.kind,
            details=draft.details,
        )
