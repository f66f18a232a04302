"""Databento DBN files of OPRA: prints with or without quotes, consolidated quotes, statistics."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import databento_dbn as dbn

from connectors.feeds.base.errors import RejectedRow
from connectors.feeds.base.errors import RejectReason
from connectors.feeds.base.errors import WrongFormat
from connectors.feeds.base.items import EQUITY_PRINTS
from connectors.feeds.base.items import EQUITY_QUOTES
from connectors.feeds.base.items import OPTIONS_NBBO
from connectors.feeds.base.items import OPTIONS_PRINTS
from connectors.feeds.base.items import REFDATA_OPEN_INTEREST
from connectors.feeds.base.items import Accepted
from connectors.feeds.base.items import FeedItem
from connectors.feeds.codes.venues import KNOWN_VENUES
from connectors.feeds.files.context import FileContext
from connectors.feeds.files.dbn_items import NOTHING
from connectors.feeds.files.dbn_items import SourceIdentities
from connectors.feeds.files.dbn_items import each_item
from connectors.feeds.files.dbn_items import require_named_date
from connectors.feeds.files.dbn_records import DbnRecord
from connectors.feeds.files.dbn_records import QuoteRecord
from connectors.feeds.files.dbn_records import nbbo_of
from connectors.feeds.files.dbn_records import print_of
from connectors.feeds.files.dbn_records import source_ts_of
from connectors.feeds.files.dbn_statistics import STATISTICS
from connectors.feeds.files.dbn_statistics import is_open_interest
from connectors.feeds.files.dbn_statistics import open_interest_of
from connectors.feeds.files.dbn_stream import DbnStream
from connectors.feeds.files.dbn_symbols import InstrumentMap
from connectors.feeds.files.values import day_bounds_ns
from schemas.records import OpenInterest
from schemas.records import OptionsNbbo
from schemas.records import OptionsPrint

OPTIONS_DATASETS: Final = "OPRA."

PRINT_SCHEMAS: Final = frozenset({"trades", "tbbo", "tcbbo"})
NBBO_SCHEMAS: Final = frozenset({"cmbp-1", "cbbo-1s", "cbbo-1m"})
SCHEMAS: Final = PRINT_SCHEMAS | NBBO_SCHEMAS | {STATISTICS}
_HINTS: Final = {
    "mbo": "order-by-order books have no consolidated quote; download tcbbo instead",
    "mbp-1": "on OPRA it is one venue's own quote; download cmbp-1 or cbbo-1s for the NBBO",
    "mbp-10": "depth is not used for options; download tcbbo instead",
    "definition": "it describes contracts; put it beside a trades, tbbo or tcbbo file",
}
EQUITIES_DATASETS: Final = (
    *("EQUS.", "DBEQ.", "XNAS.", "XNYS.", "XASE.", "XBOS.", "XCHI.", "XCIS.", "XPSX.", "ARCX."),
    *("BATS.", "BATY.", "EDGA.", "EDGX.", "EPRL.", "IEXG.", "MEMX."),
)


def is_equities(path: Path) -> bool:
    """
    Tell whether a DBN file is of equities.

    Raises
    ------
    UnreadableFile
        It has no whole head.
    """
    return DbnStream(path).metadata.dataset.startswith(EQUITIES_DATASETS)


def dbn_topics(path: Path) -> tuple[str, ...]:
    """
    Return the topics a DBN file may write to.

    Raises
    ------
    UnreadableFile
        It has no whole head.
    """
    if is_equities(path):
        return (EQUITY_PRINTS, EQUITY_QUOTES)
    return (REFDATA_OPEN_INTEREST, OPTIONS_NBBO, OPTIONS_PRINTS)


def check_dataset(metadata: dbn.Metadata, name: str) -> str:
    """
    Return the schema of a DBN file that holds options.

    Raises
    ------
    WrongFormat
        Another market, or a schema that carries neither prints, the NBBO nor open interest.
    """
    dataset, schema = metadata.dataset, str(metadata.schema or "")
    if not dataset.startswith(OPTIONS_DATASETS):
        market = "futures" if dataset.startswith("GLBX.") else "other"
        msg = (
            f"{name} is of dataset {dataset} ({market}); options (OPRA.PILLAR) and US equities "
            "(XNAS.ITCH, EQUS.MINI, …) are read"
        )
        raise WrongFormat(msg)
    if schema and schema not in SCHEMAS:
        wanted = ", ".join(sorted(SCHEMAS))
        hint = _HINTS.get(schema, "bars are made from prints here")
        msg = f"{name} has schema {schema}: {hint}; expected one of {wanted}"
        raise WrongFormat(msg)
    return schema


class DbnRows:
    """
    Turn the records of one DBN file of options into items, in file order.

    Parameters
    ----------
    context : FileContext
        The file.

    Notes
    -----
    Source: feeds specification, 5, 9.2 and 10.
    """

    def __init__(self, context: FileContext) -> None:
        self._context = context
        self._stream = DbnStream(context.path)
        metadata = self._stream.metadata
        self._schema = str(metadata.schema or "")
        self._instruments = InstrumentMap(metadata, context.path)
        self._identities = SourceIdentities(metadata.dataset)
        self._told: dict[str, tuple[int, int]] = {}
        self._bounds = None if context.date is None else day_bounds_ns(context.date)

    def check(self) -> None:
        """Refuse what holds no options: raises `WrongFormat`."""
        check_dataset(self._stream.metadata, self._context.path.name)

    def __iter__(self) -> Iterator[FeedItem]:
        self.check()
        topic = _topic_of(self._schema)
        return each_item(self._stream, self._context, self._instruments, topic, self._take)

    def _take(self, record: DbnRecord, number: int) -> tuple[Accepted, ...] | None:
        if not _is_read(record):
            return None
        source_ts = source_ts_of(record)
        contract = self._instruments.contract(record.instrument_id, record.ts_recv)
        quote = _as_quote(record, self._schema)
        if isinstance(record, dbn.StatMsg):
            topic, stream = REFDATA_OPEN_INTEREST, "open-interest"
        else:
            topic, stream = (OPTIONS_PRINTS, "prints") if quote is None else (OPTIONS_NBBO, "nbbo")

        def identify(key: str) -> tuple[str, int]:
            return self._identities.identify(stream, record.ts_recv, key)

        made: OptionsPrint | OptionsNbbo | OpenInterest
        if isinstance(record, dbn.StatMsg):
            made = open_interest_of(record, source_ts, contract, identify)
        elif quote is not None:
            made = nbbo_of(quote, source_ts, contract, identify)
        elif isinstance(record, dbn.CBBOMsg):
            msg = f"a sampled quote in a file of schema {self._schema}"
            raise RejectedRow(RejectReason.UNKNOWN_MESSAGE, msg)
        else:
            multiplier = self._instruments.multiplier(record.instrument_id)
            made = print_of(record, source_ts, contract, multiplier, identify)
        require_named_date(source_ts, self._bounds)
        if isinstance(made, OpenInterest) and self._is_told(made):
            self._context.summary.duplicates += 1
            return NOTHING
        self._count_venues(made)
        return (Accepted(self._context.origin, topic, made, number),)

    def _is_told(self, figure: OpenInterest) -> bool:
        """Tell whether another venue gave the same figure before: each repeats the OCC's."""
        told = (figure.as_of_date, figure.oi)
        if self._told.get(figure.option_contract_id) == told:
            return True
        self._told[figure.option_contract_id] = told
        return False

    def _count_venues(self, made: OptionsPrint | OptionsNbbo | OpenInterest) -> None:
        if isinstance(made, OptionsPrint) and made.exchange not in KNOWN_VENUES:
            self._context.summary.unknown_venues[made.exchange] += 1


def _topic_of(schema: str) -> str:
    if schema == STATISTICS:
        return REFDATA_OPEN_INTEREST
    return OPTIONS_NBBO if schema in NBBO_SCHEMAS else OPTIONS_PRINTS


def _is_read(record: object) -> bool:
    if isinstance(record, dbn.StatMsg):
        return is_open_interest(record)
    return isinstance(record, dbn.TradeMsg | dbn.MBP1Msg | dbn.CMBP1Msg | dbn.CBBOMsg)


def _as_quote(record: DbnRecord, schema: str) -> QuoteRecord | None:
    if schema in PRINT_SCHEMAS or not isinstance(record, dbn.CMBP1Msg | dbn.CBBOMsg):
        return None
    return record
