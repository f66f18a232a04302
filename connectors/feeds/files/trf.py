"""Off-exchange prints of one stock, as reported by a FINRA facility."""

import re
from typing import Final

from connectors.feeds.base.errors import MissingFact
from connectors.feeds.base.errors import RejectedRow
from connectors.feeds.base.errors import RejectReason
from connectors.feeds.base.items import EQUITY_PRINTS
from connectors.feeds.codes.equity_conditions import SaleConditions
from connectors.feeds.codes.equity_venues import MIC_EQUITY_VENUES
from connectors.feeds.codes.equity_venues import EquityVenue
from connectors.feeds.files.context import CsvFormat
from connectors.feeds.files.context import FileContext
from connectors.feeds.files.context import FileFacts
from connectors.feeds.files.context import RowConverter
from connectors.feeds.files.equity_records import EquityMaker
from connectors.feeds.files.equity_records import EquityTrade
from connectors.feeds.files.equity_records import equity_underlying
from connectors.feeds.files.rows import picker
from connectors.feeds.files.values import EASTERN
from connectors.feeds.files.values import local_ns
from connectors.feeds.files.values import price
from connectors.feeds.files.values import size
from schemas.records import EquityPrint

_COLUMNS: Final = (
    ("time",),
    ("side",),
    ("price",),
    ("size",),
    ("tid",),
    ("exchange",),
)
_SYMBOL_IN_NAME: Final = re.compile(r"([A-Z][A-Z0-9.]{0,9})_\d{4}-\d\d-\d\d")
_CHUNK_BYTES: Final = 1 << 20


def _underlying(facts: FileFacts) -> str:
    # The name goes first, so that another file of the run may need a symbol.
    found = _SYMBOL_IN_NAME.match(facts.path.name)
    if found is not None:
        return equity_underlying(found[1], facts.path.name)
    if facts.symbol:
        return equity_underlying(facts.symbol, "--symbol")
    msg = (
        f"{facts.path.name} has no column with the stock, and its name does not begin with "
        "SYMBOL_YYYY-MM-DD; name it with --symbol"
    )
    raise MissingFact(msg)


def _line_count(context: FileContext) -> int:
    count, last = 0, b""
    with context.path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            count, last = count + chunk.count(b"\n"), chunk
    return count if last.endswith(b"\n") else count + 1


class _TradeIds:
    """Ids of the vendor: a repeated row is dropped, another row of one id gets an ordinal."""

    def __init__(self) -> None:
        self._rows: dict[str, list[tuple[str, ...]]] = {}

    def key(self, tid: str, cells: tuple[str, ...]) -> str | None:
        """Return the key of a row; None when it is a repeat."""
        rows = self._rows.setdefault(tid, [])
        if cells in rows:
            return None
        rows.append(cells)
        return tid if len(rows) == 1 else f"{tid}.{len(rows) - 1}"


def _converter(context: FileContext, at: dict[str, int]) -> RowConverter:
    cells_of, ids = picker(at, _COLUMNS), _TradeIds()
    maker, summary = EquityMaker(context, _underlying(context.facts)), context.summary
    lines = _line_count(context)

    def convert(row: list[str], line: int) -> tuple[EquityPrint, ...]:
        cells = time, side, traded, quantity, tid, mic = cells_of(row)
        if not tid:
            msg = "the tid is empty"
            raise RejectedRow(RejectReason.MISSING_FIELD, msg)
        source_ts = local_ns(time, EASTERN)
        at_price, shares = price(traded), float(size(quantity))
        key = ids.key(tid, cells)
        if key is None:
            summary.duplicates += 1
            return ()
        raw = (f"side:{side}",) if side else ()
        trade = EquityTrade(
            source_ts,
            at_price,
            shares,
            MIC_EQUITY_VENUES.get(mic) or EquityVenue(mic),
            key=key,
            conditions=SaleConditions((), raw, ()),
            # The newest row is the first: equal stamps keep the order of the tape.
            seq=lines - line + 1,
        )
        return (maker.trade(trade),)

    return convert


TRF: Final = CsvFormat(
    name="trf",
    title="TRF prints",
    columns=_COLUMNS,
    recognised_by=frozenset({"tid"}),
    converter=_converter,
    topics=(EQUITY_PRINTS,),
    identity=_underlying,
)
"""Stamps are Eastern, newest first. `side` is the vendor's view of where the price lay, so it is
kept as received and is no side of ours; `premium` is price times size, cut to cents."""
