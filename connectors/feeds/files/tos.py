"""Time-and-sales exports of thinkorswim."""

import re
from typing import Final

from connectors.feeds.base.errors import MissingFact
from connectors.feeds.base.identity import PositionCounter
from connectors.feeds.base.identity import trace_id
from connectors.feeds.codes.conditions import NO_CONDITIONS
from connectors.feeds.codes.conditions import worded_conditions
from connectors.feeds.codes.venues import WORD_VENUES
from connectors.feeds.files.context import CsvFormat
from connectors.feeds.files.context import FileContext
from connectors.feeds.files.context import RowConverter
from connectors.feeds.files.rows import count_unknown
from connectors.feeds.files.rows import picker
from connectors.feeds.files.values import CENTRAL
from connectors.feeds.files.values import days_of
from connectors.feeds.files.values import local_ns
from connectors.feeds.files.values import optional_number
from connectors.feeds.files.values import positive_or_none
from connectors.feeds.files.values import price
from connectors.feeds.files.values import size
from flows.options.contracts import contract_from_parts
from schemas.records import OptionsPrint

SOURCE: Final = "file:tos"
MULTIPLIER: Final = 100

_COLUMNS: Final = (
    ("Time",),
    ("Expiration_Date",),
    ("Strike_Price",),
    ("Option_Type",),
    ("TradeQuantity",),
    ("Trade_Price",),
    ("Option_Bid",),
    ("Option_Ask",),
    ("IV",),
    ("Underlying_Price",),
    ("Condition",),
    ("Exchange",),
)
_ROOT_IN_NAME: Final = re.compile(r"([A-Z][A-Z0-9.]{0,6})(?=[_\-. ]|$)")


def _symbol(context: FileContext) -> str:
    if context.symbol:
        return context.symbol.upper()
    found = _ROOT_IN_NAME.match(context.path.stem)
    if found is None:
        msg = (
            f"{context.path.name} has no column with the underlying, and its name does not begin "
            "with one; name it with --symbol"
        )
        raise MissingFact(msg)
    return found[1].rstrip(".")


def _converter(context: FileContext, at: dict[str, int], position: PositionCounter) -> RowConverter:
    cells_of = picker(at, _COLUMNS)
    root, session, summary = _symbol(context), context.origin.session, context.summary
    taken_in_second: dict[int, int] = {}

    def convert(row: list[str], line: int) -> OptionsPrint:
        time, expiry, strike, right, quantity, traded, bid, ask, iv, spot, word, venue = cells_of(
            row
        )
        second_ns = local_ns(time, CENTRAL)
        contract = contract_from_parts(root, days_of(expiry), strike, right)
        conditions = worded_conditions((word,)) if word else NO_CONDITIONS
        underlying = positive_or_none(optional_number(spot))
        trade_price, trade_size = price(traded), size(quantity)
        nbbo_bid, nbbo_ask = optional_number(bid), optional_number(ask)
        provider_iv = positive_or_none(optional_number(iv))
        # Stamps have whole seconds: the place within the second keeps the order of the tape.
        ordinal = taken_in_second.get(second_ns, 0)
        taken_in_second[second_ns] = ordinal + 1
        record = OptionsPrint(
            source_ts=second_ns + ordinal,
            ingest_ts=second_ns + ordinal,
            seq=position.next(),
            trace_id=trace_id("file-tos", session, "prints", line),
            schema_version="options.prints.v1",
            source=SOURCE,
            option_contract_id=contract.option_contract_id,
            underlying_id=contract.underlying_id,
            root=contract.root,
            right=contract.right,
            multiplier_source="default",
            exchange=WORD_VENUES.get(venue, venue),
            expiry=contract.expiry,
            multiplier=MULTIPLIER,
            size=trade_size,
            strike=contract.strike,
            price=trade_price,
            adjusted=contract.adjusted,
            flex=contract.flex,
            conditions=conditions.letters,
            raw_conditions=conditions.raw,
            nbbo_bid=nbbo_bid,
            nbbo_ask=nbbo_ask,
            underlying_bid=underlying,
            underlying_ask=underlying,
            provider_iv=provider_iv,
        )
        count_unknown(summary, record, conditions.unknown)
        return record

    return convert


TOS: Final = CsvFormat(
    name="tos",
    title="thinkorswim time and sales",
    columns=_COLUMNS,
    recognised_by=frozenset({"option_description_orig", "tradequantity"}),
    converter=_converter,
)
"""Stamps are US Central; the root comes from the file's name or from the caller; equal
neighbouring rows are equal child fills and are kept (feeds specification, 10)."""
