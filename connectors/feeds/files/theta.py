"""Trade-quote exports of ThetaData."""

from typing import Final

from connectors.feeds.base.identity import PositionCounter
from connectors.feeds.base.identity import trace_id
from connectors.feeds.codes.conditions import NO_EXTENDED_CONDITION
from connectors.feeds.codes.conditions import numbered_conditions
from connectors.feeds.codes.venues import THETA_VENUES
from connectors.feeds.files.context import CsvFormat
from connectors.feeds.files.context import FileContext
from connectors.feeds.files.context import RowConverter
from connectors.feeds.files.rows import count_unknown
from connectors.feeds.files.rows import picker
from connectors.feeds.files.values import days_of
from connectors.feeds.files.values import epoch_ms_ns
from connectors.feeds.files.values import optional_number
from connectors.feeds.files.values import optional_whole
from connectors.feeds.files.values import price
from connectors.feeds.files.values import size
from connectors.feeds.files.values import whole
from flows.options.contracts import contract_from_parts
from schemas.records import OptionsPrint

SOURCE: Final = "file:theta"
MULTIPLIER: Final = 100

_CONTRACT: Final = (("symbol", "root"), ("expiration",), ("strike",), ("right",))
_TRADE: Final = (
    ("trade_timestamp",),
    ("sequence",),
    ("condition",),
    ("exchange",),
    ("price",),
    ("size",),
)
_QUOTE: Final = (
    ("quote_timestamp",),
    ("bid",),
    ("bid_size",),
    ("bid_exchange",),
    ("ask",),
    ("ask_size",),
    ("ask_exchange",),
)
_COLUMNS: Final = (*_CONTRACT, *_TRADE, *_QUOTE)
_EXTENDED: Final = ("ext_condition1", "ext_condition2", "ext_condition3", "ext_condition4")


def _converter(
    context: FileContext, at: dict[str, int], _position: PositionCounter
) -> RowConverter:
    contract_of, trade_of, quote_of = (
        picker(at, columns) for columns in (_CONTRACT, _TRADE, _QUOTE)
    )
    extended = [at[name] for name in _EXTENDED if name in at]
    session, summary = context.origin.session, context.summary

    def convert(row: list[str], _line: int) -> OptionsPrint:
        root, expiry, strike, right = contract_of(row)
        traded_at, sequence, condition, venue, traded, quantity = trade_of(row)
        quoted_at, bid, bid_size, bid_venue, ask, ask_size, ask_venue = quote_of(row)
        source_ts = epoch_ms_ns(traded_at)
        contract = contract_from_parts(root, days_of(expiry), strike, right)
        seq = whole(sequence, "sequence")
        codes = [row[column] for column in extended if row[column] != NO_EXTENDED_CONDITION]
        conditions = numbered_conditions((condition, *codes))
        nbbo_ts = epoch_ms_ns(quoted_at) if quoted_at not in {"", "0"} else None
        has_quote = nbbo_ts is None or nbbo_ts <= source_ts
        if not has_quote:
            summary.dropped_quotes += 1
        record = OptionsPrint(
            source_ts=source_ts,
            ingest_ts=source_ts,
            seq=seq if seq >= 0 else seq + 2**32,
            trace_id=trace_id("file-theta", session, "prints", f"{venue}.{seq % 2**32}"),
            schema_version="options.prints.v1",
            source=SOURCE,
            option_contract_id=contract.option_contract_id,
            underlying_id=contract.underlying_id,
            root=contract.root,
            right=contract.right,
            multiplier_source="default",
            exchange=THETA_VENUES.get(venue, venue),
            expiry=contract.expiry,
            multiplier=MULTIPLIER,
            size=size(quantity),
            strike=contract.strike,
            price=price(traded),
            adjusted=contract.adjusted,
            flex=contract.flex,
            conditions=conditions.letters,
            raw_conditions=conditions.raw,
            nbbo_bid=optional_number(bid) if has_quote else None,
            nbbo_ask=optional_number(ask) if has_quote else None,
            nbbo_bid_size=optional_whole(bid_size) if has_quote else None,
            nbbo_ask_size=optional_whole(ask_size) if has_quote else None,
            nbbo_ts=nbbo_ts if has_quote else None,
            nbbo_bid_venue=THETA_VENUES.get(bid_venue, bid_venue) if has_quote else None,
            nbbo_ask_venue=THETA_VENUES.get(ask_venue, ask_venue) if has_quote else None,
            vendor_aggressor=conditions.vendor_aggressor,
        )
        count_unknown(summary, record, conditions.unknown)
        return record

    return convert


THETA: Final = CsvFormat(
    name="theta",
    title="ThetaData option trades with quotes",
    columns=_COLUMNS,
    recognised_by=frozenset({"trade_timestamp", "quote_timestamp"}),
    converter=_converter,
)
"""A quote stamped after its trade is dropped and counted: it was not the trade's."""
