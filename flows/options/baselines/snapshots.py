"""Baselines as records: one a key, enough to start a flow from."""

import base64
import binascii
from typing import Final
from typing import TypeVar

import msgspec

from flows.common.eastern import iso_date
from flows.errors import RejectedEvent
from flows.options.baselines.config import BASELINE_POLICY
from flows.options.baselines.keys import BucketState
from flows.options.baselines.keys import ContractState
from flows.options.baselines.keys import UnderlyingState
from flows.options.baselines.measure import CONTRACT
from flows.options.baselines.measure import TOD
from flows.options.baselines.measure import UNDERLYING
from schemas.records import BaselineSnapshot

SNAPSHOT_VERSION: Final = "baselines.snapshots.v1"
# The states of `keys`, msgpack-encoded: tuples as arrays, ring values as little-endian float64.
FORM: Final = "baselines.rings.v1"

KeyState = ContractState | UnderlyingState | BucketState
S = TypeVar("S", ContractState, UnderlyingState, BucketState)

_encode: Final = msgspec.msgpack.Encoder().encode
_CONTRACT: Final[msgspec.msgpack.Decoder[ContractState]] = msgspec.msgpack.Decoder(ContractState)
_UNDERLYING: Final[msgspec.msgpack.Decoder[UnderlyingState]] = msgspec.msgpack.Decoder(
    UnderlyingState
)
_BUCKET: Final[msgspec.msgpack.Decoder[BucketState]] = msgspec.msgpack.Decoder(BucketState)


class Stamp(msgspec.Struct, frozen=True):
    """
    The header a batch of snapshots shares.

    Parameters
    ----------
    source_ts : int
        Event time from which they are known, ns UTC.
    ingest_ts, seq : int
        Largest first receipt (ns UTC) and sequence of the inputs.
    config_hash : str
        8 hex digits over the thresholds.
    """

    source_ts: int
    ingest_ts: int
    seq: int
    config_hash: str


def snapshot_id(underlying_id: str, session_date: int) -> str:
    """
    Return the id of an underlying's snapshot at the end of a session.

    Examples
    --------
    >>> snapshot_id("SPY", 20_230)
    'bs:SPY:2025-05-22'
    """
    return f"bs:{underlying_id}:{iso_date(session_date)}"


def snapshot_record(
    identity: tuple[str, str, str, str], state: KeyState, as_of: tuple[int, int], stamp: Stamp
) -> BaselineSnapshot:
    """
    Return the record of a key.

    Parameters
    ----------
    identity : tuple[str, str, str, str]
        Snapshot id, underlying, level and key.
    state : KeyState
        What `keys` packed.
    as_of : tuple[int, int]
        Session in days since 1970-01-01, and newest event time in ns UTC.
    stamp : Stamp
        Header.
    """
    number, underlying_id, level, key = identity
    session_date, as_of_ts = as_of
    return BaselineSnapshot(
        stamp.source_ts, stamp.ingest_ts, stamp.seq, f"{number}:{level}:{key}", SNAPSHOT_VERSION,
        number, underlying_id, level, key, session_date, as_of_ts,
        FORM, base64.b64encode(_encode(state)).decode(), BASELINE_POLICY, stamp.config_hash,
    )  # fmt: skip


def contract_state(record: BaselineSnapshot) -> ContractState:
    """Return the state in a record of level contract; RejectedEvent when there is none."""
    return _decoded(record, CONTRACT, _CONTRACT)


def underlying_state(record: BaselineSnapshot) -> UnderlyingState:
    """Return the state in a record of level underlying; RejectedEvent when there is none."""
    return _decoded(record, UNDERLYING, _UNDERLYING)


def bucket_state(record: BaselineSnapshot) -> BucketState:
    """Return the state in a record of level tod; RejectedEvent when there is none."""
    return _decoded(record, TOD, _BUCKET)


def _decoded(record: BaselineSnapshot, level: str, decoder: msgspec.msgpack.Decoder[S]) -> S:
    if (record.form, record.level) != (FORM, level):
        msg = f"{record.trace_id} is {record.level} in {record.form}, expected {level} in {FORM}"
        raise RejectedEvent(msg)
    try:
        return decoder.decode(base64.b64decode(record.state, validate=True))
    except (binascii.Error, msgspec.DecodeError) as error:
        msg = f"{record.trace_id} cannot be read: {error}"
        raise RejectedEvent(msg) from error
