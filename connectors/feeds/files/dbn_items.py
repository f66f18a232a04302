"""What reading any DBN file has in common: its records one by one, and their identities."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Any
from typing import Final

import databento_dbn as dbn

from connectors.feeds.base.errors import RejectedRow
from connectors.feeds.base.errors import RejectReason
from connectors.feeds.base.identity import Ordinals
from connectors.feeds.base.identity import PositionCounter
from connectors.feeds.base.identity import trace_id
from connectors.feeds.base.items import Accepted
from connectors.feeds.base.items import FeedItem
from connectors.feeds.files.context import FileContext
from connectors.feeds.files.dbn_records import SOURCE
from connectors.feeds.files.dbn_stream import DbnStream
from connectors.feeds.files.dbn_symbols import InstrumentMap
from connectors.feeds.files.values import EPOCH
from connectors.feeds.files.values import NS_PER_DAY
from flows.options.contracts import RejectedContract

NOTHING: Final[tuple[Accepted, ...]] = ()


@lru_cache(maxsize=64)
def _session(dataset: str, utc_days: int) -> str:
    return f"{dataset}-{date.fromordinal(EPOCH.toordinal() + utc_days).isoformat()}"


class SourceIdentities:
    """
    Name the records of one dataset as the live feed would.

    Parameters
    ----------
    dataset : str
        `OPRA.PILLAR`, …

    Notes
    -----
    Source: feeds specification, 5. Equal keys share their receive stamp, so older ones are
    forgotten.
    """

    def __init__(self, dataset: str) -> None:
        self._dataset = dataset
        self._ordinals = Ordinals()
        self._ordinals_of = 0
        self._positions: dict[tuple[str, str], PositionCounter] = {}

    def identify(self, stream: str, ts_recv: int, key: str) -> tuple[str, int]:
        """Return trace id and position among the accepted of a key of a stream."""
        if ts_recv != self._ordinals_of:
            self._ordinals.forget()
            self._ordinals_of = ts_recv
        session = _session(self._dataset, ts_recv // NS_PER_DAY)
        sequence = key + self._ordinals.suffix((stream, key))
        position = self._positions.setdefault((session, stream), PositionCounter()).next()
        return trace_id(SOURCE, session, stream, sequence), position


def each_item(
    stream: DbnStream,
    context: FileContext,
    instruments: InstrumentMap,
    topic: str,
    take: Callable[[Any, int], Iterable[Accepted] | None],
) -> Iterator[FeedItem]:
    """
    Turn the records of a file into items, in file order.

    Parameters
    ----------
    stream : DbnStream
        The file.
    context : FileContext
        Its facts; counted into.
    instruments : InstrumentMap
        Learns the mappings within the stream.
    topic : str
        Whose dead letters bad records go to.
    take : Callable
        Given a record and its number, returns what it makes, or None of a record that is not
        read. Raises `RejectedRow` or `RejectedContract`.

    Notes
    -----
    Source: feeds specification, 7. A cut file keeps the records before the cut; what is left
    becomes one dead letter and `summary.damaged` says so.
    """
    summary = context.summary
    for number, record in enumerate(stream.records(), start=1):
        if isinstance(record, dbn.SymbolMappingMsg):
            instruments.learn(record)
            summary.ignored += 1
            continue
        summary.rows += 1
        try:
            taken = take(record, number)
        except RejectedRow as bad:
            yield context.reject(topic, bad.reason, bad.message, bytes(record), number)
        except RejectedContract as bad:
            message = str(bad).removeprefix("bad_symbol ")
            yield context.reject(topic, RejectReason.BAD_SYMBOL, message, bytes(record), number)
        else:
            if taken is None:
                summary.rows -= 1
                summary.ignored += 1
            else:
                yield from taken
    if stream.cut is not None:
        rest, number, why = stream.cut
        summary.rows += 1
        summary.damaged = f"{context.path}: {why}; the {number - 1:,} records before are kept"
        yield context.reject(topic, RejectReason.NOT_DECODABLE, why, rest, number)


def require_named_date(source_ts: int, bounds: tuple[int, int] | None) -> None:
    """Raise `RejectedRow` unless an instant lies within the date the caller named, ns UTC."""
    if bounds is not None and not bounds[0] <= source_ts < bounds[1]:
        msg = "the record is not of the date named with --date"
        raise RejectedRow(RejectReason.BAD_TIMESTAMP, msg)
