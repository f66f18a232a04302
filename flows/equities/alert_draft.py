"""What a stage wants to be told about."""

import msgspec

from schemas.records import EvidenceRef


class AlertDraft(msgspec.Struct, frozen=True, gc=False):
    """
    An alert before throttling and before it is a record.

    Parameters
    ----------
    kind : str
        As in the equities specification, 15: `dark.absorbed_block`, `lvn.near`, …
    key : str
        What the cooldown goes by, beside underlying and kind: event id, node, direction, …
    cooldown_s : float
        Event time in which no second alert of the same key comes out; 0 for none.
    subject : str
        Makes the id: `alert:<kind>:<underlying>:<subject>`. A later draft of the same subject is a
        revision of the same alert and is not throttled.
    state : str
        `open`, `updated` or `retracted`.
    score : int
        0 to 100.
    direction : str
        `bullish`, `bearish` or `neutral`.
    headline : str
        One sentence a trader reads.
    why : tuple[str, ...]
        Explanations.
    components : tuple[tuple[str, float, float], ...]
        Terms of the score: name, raw value, points; the points add up to the score.
    details : dict[str, str]
        What the kind adds.
    refs : tuple[EvidenceRef, ...]
        Typed evidence.
    first_ts, last_ts : int
        What the evidence spans, ns UTC.
    ts, ingest_ts, seq : int
        When it became knowable, and the newest of its inputs.
    notional : float
        $ of the prints behind it, 0 where there are none.
    shares : int
        Their shares.
    prints : int
        Their number.
    confidence : float
        0 to 1.
    """

    kind: str
    key: str
    cooldown_s: float
    subject: str
    state: str
    score: int
    direction: str
    headline: str
    why: tuple[str, ...]
    components: tuple[tuple[str, float, float], ...]
    details: dict[str, str]
    refs: tuple[EvidenceRef, ...]
    first_ts: int
    last_ts: int
    ts: int
    ingest_ts: int
    seq: int
    notional: float
    shares: int
    prints: int
    confidence: float
