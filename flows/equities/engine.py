"""Equity prints and quotes of one partition into everything that is derived from them."""

from collections import Counter
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any
from typing import Final

import msgspec

from flows.common.cadence import NEVER
from flows.common.resume import check_version
from flows.equities.alerts import AlertDesk
from flows.equities.config import EquitiesConfig
from flows.equities.derived import Derived
from flows.equities.halts import HALT_KINDS
from flows.equities.halts import Halts
from flows.equities.halts_alert import halt_alert
from flows.equities.join.quotes import QuoteBook
from flows.equities.stage import Desk
from flows.equities.underlying import Underlying
from schemas.records import EquityPrint
from schemas.records import EquityQuote
from schemas.records import MarketEvent

STATE_VERSION: Final = 1
# How many prints may come between two looks at how much is kept.
CHECK_EVERY: Final = 4096
FOREIGN: Final = ""
_NOT_STARTED: Final = 0

# What was pushed as a quote, and how it becomes a record: encoded until something looks at it.
DecodeQuote = Callable[[Any], EquityQuote | None]
_DeskState = tuple[str, str, bytes]
_State = tuple[
    int,
    int,
    int,
    list[tuple[str, list[object]]],
    list[tuple[str, Halts]],
    list[tuple[str, bytes]],
    list[_DeskState],
    dict[str, int],
]


class QuoteEvent(msgspec.Struct, frozen=True, gc=False):
    """
    A quote, still as it came.

    Parameters
    ----------
    source_ts : int
        ns UTC.
    underlying_id : str
        Root symbol.
    payload : object
        What the engine's `decode` takes: plain data.
    """

    source_ts: int
    underlying_id: str
    payload: object


Event = QuoteEvent | EquityPrint | MarketEvent


class EquitiesEngine:
    """
    Join, infer, add up and judge the prints of a partition's underlyings.

    **One clock.** Event time is the greatest `source_ts` so far. Before an event is taken, every
    boundary up to and including its stamp is evaluated, so that an evaluation at b sees exactly
    the events before b, however they are cut into batches. What comes later than event time is
    late: it counts where it belongs as long as its trading date is open (four hours after 20:00
    New York), and what it changes comes out again with a higher revision.

    **One desk per source and underlying.** Prints of sources that are not asked for
    (`EQUITIES_SOURCE`) are counted in `foreign_source` and nowhere else, so synthetic and live
    prints never mix. Quotes are the market of an underlying whoever sent them.

    **Repeats.** A print that is in the log twice counts once: its id is known to the ledger.

    **Cancels** find their print in the ledger of its trading date and take away exactly what it
    added; a cancel without a print is counted in `corrections_unmatched`.

    Parameters
    ----------
    config : EquitiesConfig
        Thresholds.
    decode : callable
        Makes a quote of what was pushed as one; null for what is none.

    Notes
    -----
    Source: equities specification, 2 to 13.
    """

    def __init__(self, config: EquitiesConfig, decode: DecodeQuote) -> None:
        self._config = config
        self._decode = decode
        self._now_ns = _NOT_STARTED
        self._prints = 0
        self._due_ns = NEVER
        self._books: dict[str, QuoteBook] = {}
        self._halts: dict[str, Halts] = {}
        self._halts_told: dict[str, AlertDesk] = {}
        self._sources: dict[str, str] = {}
        self._desks: dict[tuple[str, str], Underlying] = {}
        self.counters: Counter[str] = Counter()

    def process(self, events: Sequence[Event]) -> list[Derived]:
        """Take events in the order of the log and return what they lead to."""
        out: list[Derived] = []
        books = self._books
        now_ns, due_ns = self._now_ns, self._due_ns
        for event in events:
            at_ns = event.source_ts
            if at_ns > now_ns:
                now_ns = at_ns
                if at_ns >= due_ns:
                    out += self._advance(at_ns)
                    due_ns = self._due_ns
            if type(event) is QuoteEvent:
                book = books.get(event.underlying_id)
                if book is None:
                    book = self._book(event.underlying_id)
                book.push(at_ns, event.payload)
            elif type(event) is EquityPrint:
                self._now_ns = now_ns
                out += self._print(event)
                due_ns = self._due_ns
            elif isinstance(event, MarketEvent):
                self._now_ns = now_ns
                out += self._event(event)
                due_ns = self._due_ns
        self._now_ns = now_ns
        self.counters["events"] += len(events)
        return out

    def advance(self, now_ns: int) -> list[Derived]:
        """
        Let event time reach an instant (ns UTC) and return what comes out by it.

        Events of exactly that instant are still to come.
        """
        if now_ns <= self._now_ns:
            return []
        self._now_ns = now_ns
        return self._advance(now_ns)

    def finish(self) -> list[Derived]:
        """
        Close what is open: the input has ended.

        Event time stays where it was; what follows may belong to the same day or to any other.
        """
        if not self._desks:
            return []
        horizon_ns = max(desk.closes_ns for desk in self._desks.values())
        out = self._advance(max(horizon_ns, self._now_ns))
        for desk in self._desks.values():
            desk.end()
        self._now_ns = _NOT_STARTED
        return out

    def snapshot(self) -> bytes:
        """Return the state; `restore` goes on from it byte for byte."""
        state: _State = (
            STATE_VERSION,
            self._now_ns,
            self._prints,
            [(name, list(book.state())) for name, book in sorted(self._books.items())],
            sorted(self._halts.items()),
            [(name, desk.state()) for name, desk in sorted(self._halts_told.items())],
            [(*key, desk.state()) for key, desk in sorted(self._desks.items())],
            dict(sorted(self.counters.items())),
        )
        return msgspec.msgpack.encode(state)

    @classmethod
    def restore(cls, config: EquitiesConfig, decode: DecodeQuote, data: bytes) -> "EquitiesEngine":
        """
        Return the engine of a snapshot.

        Raises
        ------
        MisconfiguredFlow
            It was written by another version.
        """
        engine = cls(config, decode)
        check_version(data, STATE_VERSION, "the equities flow")
        state = msgspec.msgpack.decode(data, type=_State)
        _, engine._now_ns, engine._prints, books, halts, told, desks, counters = state
        for name, book in books:
            engine._book(name).load(book)
        engine._halts.update(halts)
        for name, alerts in told:
            engine._halt_alerts(name).load(alerts)
        for source, name, desk in desks:
            engine._desk(source, name).load(desk)
        engine.counters.update(counters)
        engine._look_ahead()
        return engine

    def _book(self, underlying_id: str) -> QuoteBook:
        join = self._config.join
        book = self._books.get(underlying_id)
        if book is None:
            book = QuoteBook(self._decode, join.book_ms, join.book_quotes)
            self._books[underlying_id] = book
        return book

    def _desk(self, source: str, underlying_id: str) -> Underlying:
        desk = self._desks.get((source, underlying_id))
        if desk is None:
            halts = self._halts.setdefault(underlying_id, Halts())
            desk = Underlying(
                Desk(source, underlying_id),
                self._config,
                self._book(underlying_id),
                halts,
                self.counters,
            )
            self._desks[source, underlying_id] = desk
            # Evaluated in a fixed order at equal boundaries.
            self._desks = dict(sorted(self._desks.items()))
        return desk

    def _print(self, record: EquityPrint) -> Sequence[Derived]:
        source = self._sources.get(record.source)
        if source is None:
            # As in trace ids, whose parts are separated by colons.
            named = record.source.replace(":", "-")
            source = self._sources[record.source] = named if self._config.is_own(named) else FOREIGN
        if source == FOREIGN:
            self.counters["foreign_source"] += 1
            return ()
        desk = self._desks.get((source, record.underlying_id))
        if desk is None:
            desk = self._desk(source, record.underlying_id)
        elif desk.has_ended and desk.is_past(record.source_ts):
            # Files of an earlier day behind those of a later one: a new beginning.
            del self._desks[source, record.underlying_id]
            desk = self._desk(source, record.underlying_id)
        if record.action == "cancel":
            out = desk.cancel(record, self._now_ns)
        else:
            out = desk.trade(record, self._now_ns)
        self._due_ns = min(self._due_ns, desk.due_ns)
        self._prints += 1
        if self._prints % CHECK_EVERY == 0:
            self._bound_memory()
        return out

    def _bound_memory(self) -> None:
        """Forget the oldest prints of the fullest ledger beyond `CORRECTION_INDEX_MAX`."""
        excess = sum(desk.kept_prints for desk in self._desks.values())
        excess -= self._config.corrections.index_max
        if excess > 0:
            fullest = max(self._desks.values(), key=lambda desk: desk.kept_prints)
            fullest.drop_oldest(excess, self._now_ns)

    def _event(self, event: MarketEvent) -> list[Derived]:
        if event.kind not in HALT_KINDS:
            return []
        name = event.underlying_id
        self._halts.setdefault(name, Halts()).take(event.kind, event.source_ts)
        # A halt is the market's: it is told once, whoever prints the underlying.
        alert = self._halt_alerts(name).submit(halt_alert(event))
        return [] if alert is None else [alert]

    def _halt_alerts(self, underlying_id: str) -> AlertDesk:
        desk = self._halts_told.get(underlying_id)
        if desk is None:
            desk = AlertDesk(underlying_id, self._config.config_hash)
            self._halts_told[underlying_id] = desk
        return desk

    def _advance(self, now_ns: int) -> list[Derived]:
        """Evaluate every boundary up to and including an instant."""
        out: list[Derived] = []
        while self._due_ns <= now_ns:
            at_ns = self._due_ns
            for desk in self._desks.values():
                if desk.due_ns <= at_ns:
                    out += desk.evaluate(at_ns)
            self._look_ahead()
        return out

    def _look_ahead(self) -> None:
        self._due_ns = min((desk.due_ns for desk in self._desks.values()), default=NEVER)
