"""An operator's own calendar of events, as JSON."""

from collections.abc import Iterator
from datetime import date
from datetime import datetime
from pathlib import Path
from typing import Annotated
from typing import Final
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from connectors.feeds.base.errors import MissingFact
from connectors.feeds.base.errors import RejectedRow
from connectors.feeds.base.errors import RejectReason
from connectors.feeds.base.errors import WrongFormat
from connectors.feeds.base.items import REFDATA_EVENTS
from connectors.feeds.base.items import Accepted
from connectors.feeds.base.items import FeedItem
from connectors.feeds.files.context import FileContext
from connectors.feeds.files.market_events import UNKNOWN
from connectors.feeds.files.market_events import EventMaker
from connectors.feeds.files.market_events import event_instant_ns
from connectors.feeds.files.market_events import fetched_ns
from connectors.feeds.files.values import EASTERN
from connectors.feeds.files.values import EPOCH
from connectors.feeds.files.values import in_range
from schemas.records import MarketEvent

CALENDAR: Final = "calendar"
TITLE: Final = "event calendar (JSON)"

_NS_PER_S: Final = 1_000_000_000
_NS_PER_US: Final = 1_000
_EASTERN: Final = ZoneInfo(EASTERN)
# Whole numbers are ns, texts are ISO with an offset.
_Instant = Annotated[datetime, msgspec.Meta(tz=True)] | int
_Text = Annotated[str, msgspec.Meta(min_length=1)]


class CalendarEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    One event of the calendar.

    Parameters
    ----------
    underlying_id : str
        Root symbol of the underlying.
    kind : str
        `earnings`, `dividend`, `split`, `fda` or `macro`.
    event_ts : datetime | int | None
        When it takes place: ISO 8601 with an offset, or ns UTC.
    event_date : date | None
        Instead of `event_ts`: its date; the time of day follows from `timing`.
    announced_ts : datetime | int | None
        When it became known; nothing uses it earlier. Left out, the file's own day.
    event_id : str | None
        What stays the same when the event moves; left out, kind, underlying and date.
    timing : str
        `bmo`, `amc` or `unknown`.
    """

    underlying_id: Annotated[str, msgspec.Meta(pattern=r"^[A-Z][A-Z0-9.\-]{0,14}$")]
    kind: Literal["earnings", "dividend", "split", "fda", "macro"]
    event_ts: _Instant | None = None
    event_date: date | None = None
    announced_ts: _Instant | None = None
    event_id: _Text | None = None
    timing: Literal["bmo", "amc", "unknown"] = UNKNOWN


def is_json(path: Path) -> bool:
    """Tell whether a file begins like JSON."""
    with path.open("rb") as file:
        return file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"[", b"{"}


def _ns(at: datetime | int, what: str) -> int:
    if isinstance(at, datetime):
        at = int(at.timestamp()) * _NS_PER_S + at.microsecond * _NS_PER_US
    if not in_range(at):
        msg = f"{what} {at} lies outside 1990 to 2099"
        raise RejectedRow(RejectReason.BAD_TIMESTAMP, msg)
    return at


class JsonCalendarRows:
    """
    Turn the entries of one JSON calendar into items, in file order.

    Parameters
    ----------
    context : FileContext
        The file. Its date stands in where an entry does not say when it was announced.

    Notes
    -----
    Source: feeds specification, 9.4. A bad entry becomes a `Reject` with its number, from 1.
    """

    def __init__(self, context: FileContext) -> None:
        self._context = context

    def _entries(self) -> list[msgspec.Raw]:
        path = self._context.path
        try:
            content = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
            return msgspec.json.decode(content, type=list[msgspec.Raw])
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            msg = f"{path} is no {TITLE}: {error}; expected a list of objects"
            raise WrongFormat(msg) from None

    def check(self) -> None:
        """
        Refuse what is no calendar, and one that does not say when it became known.

        Raises
        ------
        WrongFormat, MissingFact
            Each with what is missing.
        """
        path = self._context.path
        found = [_tried(raw) for raw in self._entries()]
        if found and all(isinstance(each, str) for each in found):
            msg = f"{path} is no {TITLE}: {found[0]}"
            raise WrongFormat(msg)
        for number, entry in enumerate(found, start=1):
            if isinstance(entry, str):
                continue
            if entry.announced_ts is None and self._context.date is None:
                msg = (
                    f"{path.name}, entry {number} has no announced_ts, and nothing "
                    "may know of it earlier; add it, or name the day the file was made with "
                    "--date YYYY-MM-DD"
                )
                raise MissingFact(msg)

    def __iter__(self) -> Iterator[FeedItem]:
        context = self._context
        events = EventMaker(context.origin)
        for number, raw in enumerate(self._entries(), start=1):
            context.summary.rows += 1
            try:
                record = self._record(_decoded(raw), events, number)
            except RejectedRow as bad:
                yield context.reject(REFDATA_EVENTS, bad.reason, bad.message, bytes(raw), number)
            else:
                yield Accepted(context.origin, REFDATA_EVENTS, record, number)

    def _record(self, entry: CalendarEntry, events: EventMaker, number: int) -> MarketEvent:
        if entry.event_ts is not None and entry.event_date is None:
            event_ts = _ns(entry.event_ts, "event_ts")
        elif entry.event_date is not None and entry.event_ts is None:
            event_ts = event_instant_ns((entry.event_date - EPOCH).days, entry.timing)
        else:
            msg = "expected either event_ts or event_date"
            raise RejectedRow(RejectReason.MISSING_FIELD, msg)
        announced_ts = self._announced_ns(entry)
        day = datetime.fromtimestamp(event_ts // _NS_PER_S, _EASTERN).date().isoformat()
        return events.make(
            event_id=entry.event_id or f"{entry.kind}:{entry.underlying_id}:{day}",
            underlying_id=entry.underlying_id,
            kind=entry.kind,
            event_ts=event_ts,
            announced_ts=announced_ts,
            timing=entry.timing,
            line=number,
        )

    def _announced_ns(self, entry: CalendarEntry) -> int:
        if entry.announced_ts is not None:
            return _ns(entry.announced_ts, "announced_ts")
        if self._context.date is None:
            msg = "announced_ts is missing"
            raise RejectedRow(RejectReason.MISSING_FIELD, msg)
        return fetched_ns(self._context.date)


def _tried(raw: msgspec.Raw) -> CalendarEntry | str:
    """Return an entry, or what is wrong with it."""
    try:
        return _decoded(raw)
    except RejectedRow as bad:
        return bad.message


def _decoded(raw: msgspec.Raw) -> CalendarEntry:
    try:
        return msgspec.json.decode(raw, type=CalendarEntry)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RejectedRow(RejectReason.NOT_DECODABLE, str(error)) from None
