"""Instrument ids of a DBN file to contracts, per date."""

from datetime import date
from pathlib import Path
from typing import Final

import databento_dbn as dbn

from connectors.feeds.base.errors import RejectedRow
from connectors.feeds.base.errors import RejectReason
from connectors.feeds.base.errors import UnreadableFile
from connectors.feeds.files.dbn_stream import DbnStream
from connectors.feeds.files.values import EPOCH
from connectors.feeds.files.values import MAX_INT32
from connectors.feeds.files.values import NS_PER_DAY
from flows.options.contracts import ContractId
from flows.options.contracts import parse_contract

_FIRST_DAY: Final = 0
_LAST_DAY: Final = 10**6


def _days(day: date) -> int:
    return (day - EPOCH).days


class InstrumentMap:
    """
    Map instrument ids to contracts.

    Parameters
    ----------
    metadata : databento_dbn.Metadata
        Head of the file; its mappings hold per date.
    path : Path
        The file. A definitions file of the same dataset beside it (`*definition*.dbn*`) fills in
        ids the head does not name, and multipliers.

    Notes
    -----
    Source: feeds specification, 9.2: ids may change from day to day.
    """

    def __init__(self, metadata: dbn.Metadata, path: Path) -> None:
        self._intervals: dict[int, list[tuple[int, int, str]]] = {}
        self._multipliers: dict[int, int] = {}
        self._known: dict[tuple[int, int], ContractId] = {}
        for raw_symbol, intervals in metadata.mappings.items():
            for interval in intervals:
                if str(interval["symbol"]).isdigit():
                    start, end = _days(interval["start_date"]), _days(interval["end_date"])
                    self._add(int(interval["symbol"]), start, end, raw_symbol)
        self._read_definitions(metadata, path)

    def _add(self, instrument: int, start: int, end: int, symbol: str) -> None:
        self._intervals.setdefault(instrument, []).append((start, end, symbol))

    def _read_definitions(self, metadata: dbn.Metadata, path: Path) -> None:
        for beside in sorted(path.parent.glob("*definition*.dbn*")):
            if beside.name == path.name:
                continue
            try:
                stream = DbnStream(beside)
            except UnreadableFile:
                continue
            if stream.metadata.dataset != metadata.dataset:
                continue
            for record in stream.records():
                if isinstance(record, dbn.InstrumentDefMsg):
                    self._add(record.instrument_id, _FIRST_DAY, _LAST_DAY, record.raw_symbol)
                    if 0 < record.contract_multiplier < MAX_INT32:
                        self._multipliers[record.instrument_id] = record.contract_multiplier

    def learn(self, record: dbn.SymbolMappingMsg) -> None:
        """Take a mapping from within the stream, as live captures carry them."""
        symbol = record.stype_out_symbol
        self._intervals[record.instrument_id] = [(_FIRST_DAY, _LAST_DAY, symbol)]
        self._known.clear()

    def contract(self, instrument: int, ts_recv: int) -> ContractId:
        """
        Return the contract of an instrument on the UTC date of a receive stamp.

        Raises
        ------
        RejectedRow
            `bad_symbol`: the file does not say what the instrument is.
        RejectedContract
            Its symbol is no option's.
        """
        key = (instrument, ts_recv // NS_PER_DAY)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = parse_contract(self.symbol(instrument, ts_recv))
        return found

    def symbol(self, instrument: int, ts_recv: int) -> str:
        """
        Return the symbol of an instrument on the UTC date of a receive stamp.

        Raises
        ------
        RejectedRow
            `bad_symbol`: the file does not say what the instrument is.
        """
        days = ts_recv // NS_PER_DAY
        for start, end, symbol in self._intervals.get(instrument, ()):
            if start <= days < end:
                return symbol
        msg = (
            f"instrument {instrument} has no symbol on that date; ask for stype_out "
            "instrument_id with symbol mappings, or put the definition file beside this one"
        )
        raise RejectedRow(RejectReason.BAD_SYMBOL, msg)

    def multiplier(self, instrument: int) -> int | None:
        """Return the multiplier the definitions give; None when they do not say."""
        return self._multipliers.get(instrument)
