"""What is said of the synthetic market over `control.synthetic`: asked, applied, its state."""

import time
from typing import Final

import msgspec

from connectors.errors import RejectedRecord
from connectors.feeds.synthetic.changes import MarketChange
from connectors.feeds.synthetic.changes import MarketSettings
from connectors.kafka.batch import NS_PER_MS
from connectors.kafka.batch import OutRecord
from connectors.kafka.bounded import BEGINNING
from connectors.kafka.bounded import Start
from connectors.kafka.bounded import read_log
from connectors.kafka.config import SinkConfig
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.serde import AvroWire
from connectors.kafka.sink import BatchProducer
from infra.embedded.stack import StackAddresses
from schemas.catalog import topics
from schemas.records import SyntheticControl

TOPIC: Final = "control.synthetic"
ASKED: Final = "asked"
APPLIED: Final = "applied"
STATE: Final = "state"
STATE_S: Final = 5.0
# Who lives says so every five seconds; three are lost before it counts as gone.
ALIVE_NS: Final = 16_000_000_000
# Records from the end in which the newest state is looked for.
NEWEST: Final = 60
EFFECT_WAIT_S: Final = 4.0
_POLL_S: Final = 0.2


def said(
    kind: str, session: str, seed: int, change: MarketChange, **more: object
) -> SyntheticControl:
    """Return a record that says something of a session; `SyntheticLog` fills in its header."""
    settings = change.settings
    values: dict[str, object] = {
        "source_ts": 0,
        "ingest_ts": 0,
        "seq": 0,
        "trace_id": "",
        "schema_version": str(topics()[TOPIC].schema["version"]),
        "entry": kind,
        "kind": kind,
        "session": session,
        "seed": seed,
        **msgspec.structs.asdict(settings),
        "inject": change.inject or None,
        "inject_symbol": change.inject_symbol or None,
        "tick": None,
        "effective_ts": None,
        "last_command_id": "",
        "error": "",
        **more,
    }
    return msgspec.convert(values, SyntheticControl)


def change_of(record: SyntheticControl) -> MarketChange:
    """
    Return the change a record asks for, or tells of.

    Raises
    ------
    MisconfiguredConnector
        No market can be like that.
    """
    return MarketChange(
        settings=MarketSettings(
            mode=record.mode,
            equities_mode=record.equities_mode,
            prints_factor=record.prints_factor,
            quotes_factor=record.quotes_factor,
            scenarios_factor=record.scenarios_factor,
            focus=tuple(record.focus),
        ),
        inject=record.inject or "",
        inject_symbol=record.inject_symbol or "",
    )


class SyntheticLog:
    """
    Write to the topic.

    Delivery: at least once; a record is in the log when `write` returns.

    Parameters
    ----------
    addresses : StackAddresses
        Broker.
    wire : AvroWire
        Schemas.
    """

    def __init__(self, addresses: StackAddresses, wire: AvroWire) -> None:
        self._encode = wire.encoder(TOPIC)
        self._producer = BatchProducer(SinkConfig(brokers=addresses.kafka))
        self._number = 0

    def write(self, record: SyntheticControl, command_id: str = "") -> SyntheticControl:
        """
        Say something; return it with its header.

        Parameters
        ----------
        record : SyntheticControl
            Without its header.
        command_id : str
            What the asker calls it; a number by default.

        Raises
        ------
        TransientConnector
            The broker did not acknowledge in time.
        """
        now_ns = time.time_ns()
        name = command_id or f"{now_ns}:{self._number}"
        found = msgspec.structs.replace(
            record,
            source_ts=now_ns,
            ingest_ts=now_ns,
            seq=self._number,
            trace_id=f"sy:{record.session}:{record.kind}:{name}",
        )
        self._number += 1
        key, stamp_ms = found.entry.encode(), now_ns // NS_PER_MS
        self._producer.write([OutRecord(TOPIC, 0, key, self._encode(found), stamp_ms)])
        return found


def read_said(addresses: StackAddresses, start: Start = BEGINNING) -> list[SyntheticControl]:
    """
    Return what has been said, oldest first; what is no record of ours is left out.

    Raises
    ------
    MisconfiguredConnector
        There is no such topic.
    TransientConnector
        Broker or registry do not answer.
    """
    registry = SchemaRegistry(addresses.registry)
    try:
        decode = AvroWire(registry, [TOPIC]).decoder(TOPIC)
        found: list[SyntheticControl] = []
        for each in read_log(addresses.kafka, TOPIC, start):
            if each.value is not None:
                try:
                    found.append(decode(each.value))
                except RejectedRecord:
                    continue
        return found
    finally:
        registry.close()


def recorded_changes(addresses: StackAddresses, session: str) -> list[tuple[int, MarketChange]]:
    """Return the changes a session has had, with their ticks; raises as `read_said` does."""
    return [
        (each.tick, change_of(each))
        for each in read_said(addresses)
        if each.kind == APPLIED
        and each.session == session
        and each.tick is not None
        and not each.error
    ]


def newest_state(addresses: StackAddresses, now_ns: int) -> SyntheticControl | None:
    """
    Return how the synthetic feed that runs is doing; null when none does.

    Raises as `read_said` does.
    """
    for each in reversed(read_said(addresses, Start("offset", -NEWEST))):
        if each.kind == STATE:
            is_live = each.tick is not None and now_ns - each.source_ts <= ALIVE_NS
            return each if is_live else None
    return None


def ask_market(
    addresses: StackAddresses, state: SyntheticControl, change: MarketChange, command_id: str
) -> SyntheticControl | None:
    """
    Ask the running feed for a change, and return the state that answers; null for none in time.

    Parameters
    ----------
    addresses : StackAddresses
        Broker and registry.
    state : SyntheticControl
        Newest state of the feed that is asked.
    change : MarketChange
        What is asked.
    command_id : str
        What the asker calls it; asked twice under it, it is done once.
    """
    registry = SchemaRegistry(addresses.registry)
    try:
        log = SyntheticLog(addresses, AvroWire(registry, [TOPIC]))
        asked = log.write(said(ASKED, state.session, state.seed, change), command_id)
    finally:
        registry.close()
    deadline = time.monotonic() + EFFECT_WAIT_S
    while time.monotonic() < deadline:
        for each in reversed(read_said(addresses, Start("offset", -NEWEST))):
            # Not what was applied: one that was refused has not become the state.
            if each.kind == STATE and each.last_command_id == asked.trace_id:
                return each
        time.sleep(_POLL_S)
    return None
