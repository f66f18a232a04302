"""Databento DBN files of OPRA: prints with or without quotes, consolidated quotes, statistics."""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Final

import databento_dbn as dbn

from connectors.feeds.base.errors import RejectedRow
from connectors.feeds.base.errors import RejectReason
from connectors.feeds.base.errors import WrongFormat
from connectors.feeds.base.identity import Ordinals
from connectors.feeds.base.identity import PositionCounter
from connectors.feeds.base.identity import trace_id
from connectors.feeds.base.items import OPTIONS_NBBO
from connectors.feeds.base.items import OPTIONS_PRINTS
from connectors.feeds.base.items import REFDATA_OPEN_INTEREST
from connectors.feeds.base.items import Accepted
from connectors.feeds.base.items import FeedItem
from connectors.feeds.codes.venues import KNOWN_VENUES
from connectors.feeds.files.context import FileContext
from connectors.feeds.files.dbn_records import SOURCE
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
from connectors.feeds.files.values import EPOCH
from connectors.feeds.files.values import NS_PER_DAY
from connectors.feeds.files.values import day_bounds_ns
from flows.options.contracts import RejectedContract
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
_MARKETS: Final = {
    "GLBX.": "futures",
    "XNAS.": "equities",
    "XNYS.": "equities",
    "EQUS.": "equities",
    "DBEQ.": "equities",
}


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
        market = next((m for prefix, m in _MARKETS.items() if dataset.startswith(prefix)), "other")
        msg = (
            f"{name} is of dataset {dataset} ({market}), not an options file; OPRA.PILLAR is read "
            "now, equities and futures are not yet"
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
    Turn the records of one DBN file into items, in file order.

    Parameters
    ----------
    context : FileContext
        The file.

    Notes
    -----
    Source: feeds specification, 5, 9.2 and 10. A cut file keeps the records before the cut; what
    is left becomes one dead letter and `summary.damaged` says so.
    """

    def __init__(self, context: FileContext) -> None:
        self._context = context
        self._stream = DbnStream(context.path)
        self._ordinals = Ordinals()
        self._ordinals_of = 0
        self._positions: dict[tuple[str, str], PositionCounter] = {}
        self._told: dict[str, tuple[int, int]] = {}
        self._bounds = None if context.date is None else day_bounds_ns(context.date)

    def check(self) -> None:
        """Refuse what holds no options: raises `WrongFormat`."""
        check_dataset(self._stream.metadata, self._context.path.name)

    def __iter__(self) -> Iterator[FeedItem]:
        context, summary = self._context, self._context.summary
        metadata = self._stream.metadata
        schema = check_dataset(metadata, context.path.name)
        instruments = InstrumentMap(metadata, context.path)
        topic = _topic_of(schema)
        for number, record in enumerate(self._stream.records(), start=1):
            if isinstance(record, dbn.SymbolMappingMsg):
                instruments.learn(record)
                summary.ignored += 1
                continue
            if not _is_read(record):
                summary.ignored += 1
                continue
            summary.rows += 1
            try:
                accepted = self._accept(record, schema, metadata.dataset, instruments, number)
                if accepted is not None:
                    yield accepted
            except RejectedRow as bad:
                yield context.reject(topic, bad.reason, bad.message, bytes(record), number)
            except RejectedContract as bad:
                message = str(bad).removeprefix("bad_symbol ")
                yield context.reject(topic, RejectReason.BAD_SYMBOL, message, bytes(record), number)
        if self._stream.cut is not None:
            rest, number, why = self._stream.cut
            summary.rows += 1
            summary.damaged = f"{context.path}: {why}; the {number - 1:,} records before are kept"
            yield context.reject(topic, RejectReason.NOT_DECODABLE, why, rest, number)

    def _accept(
        self,
        record: DbnRecord,
        schema: str,
        dataset: str,
        instruments: InstrumentMap,
        number: int,
    ) -> Accepted | None:
        source_ts = source_ts_of(record)
        contract = instruments.contract(record.instrument_id, record.ts_recv)
        session = _session(dataset, record.ts_recv // NS_PER_DAY)
        quote = _as_quote(record, schema)
        if isinstance(record, dbn.StatMsg):
            topic, stream = REFDATA_OPEN_INTEREST, "open-interest"
        else:
            topic, stream = (OPTIONS_PRINTS, "prints") if quote is None else (OPTIONS_NBBO, "nbbo")

        def identify(key: str) -> tuple[str, int]:
            sequence = key + self._ordinal(key, record.ts_recv)
            position = self._positions.setdefault((session, stream), PositionCounter()).next()
            return trace_id(SOURCE, session, stream, sequence), position

        made: OptionsPrint | OptionsNbbo | OpenInterest
        if isinstance(record, dbn.StatMsg):
            made = open_interest_of(record, source_ts, contract, identify)
        elif quote is not None:
            made = nbbo_of(quote, source_ts, contract, identify)
        elif isinstance(record, dbn.CBBOMsg):
            msg = f"a sampled quote in a file of schema {schema}"
            raise RejectedRow(RejectReason.UNKNOWN_MESSAGE, msg)
        else:
            multiplier = instruments.multiplier(record.instrument_id)
            made = print_of(record, source_ts, contract, multiplier, identify)
        if self._bounds is not None and not self._bounds[0] <= source_ts < self._bounds[1]:
            msg = "the record is not of the date named with --date"
            raise RejectedRow(RejectReason.BAD_TIMESTAMP, msg)
        if isinstance(made, OpenInterest) and self._is_told(made):
            self._context.summary.duplicates += 1
            return None
        self._count_venues(made)
        return Accepted(self._context.origin, topic, made, number)

    def _is_told(self, figure: OpenInterest) -> bool:
        """Tell whether another venue gave the same figure before: each repeats the OCC's."""
        told = (figure.as_of_date, figure.oi)
        if self._told.get(figure.option_contract_id) == told:
            return True
        self._told[figure.option_contract_id] = told
        return False

    def _ordinal(self, key: str, ts_recv: int) -> str:
        # Equal keys share their receive stamp, so older ones cannot come again.
        if ts_recv != self._ordinals_of:
            self._ordinals.forget()
            self._ordinals_of = ts_recv
        return self._ordinals.suffix(key)

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


@lru_cache(maxsize=64)
def _session(dataset: str, utc_days: int) -> str:
    return f"{dataset}-{date.fromordinal(EPOCH.toordinal() + utc_days).isoformat()}"
