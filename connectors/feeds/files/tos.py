"""Time-and-sales exports of thinkorswim."""

import re
from typing import Final

from connectors.feeds.base.errors import MissingFact
from connectors.feeds.codes.conditions import NO_CONDITIONS
from connectors.feeds.codes.conditions import worded_conditions
from connectors.feeds.codes.venues import WORD_VENUES
from connectors.feeds.files.context import CsvFormat
from connectors.feeds.files.context import FileContext
from connectors.feeds.files.context import RowConverter
from connectors.feeds.files.prints import Market
from connectors.feeds.files.prints import PrintMaker
from connectors.feeds.files.prints import Quote
from connectors.feeds.files.prints import Trade
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


def _converter(context: FileContext, at: dict[str, int]) -> RowConverter:
    cells_of, root, prints = picker(at, _COLUMNS), _symbol(context), PrintMaker(context)

    def convert(row: list[str], line: int) -> tuple[OptionsPrint]:
        time, expiry, strike, right, quantity, traded, bid, ask, iv, spot, word, venue = cells_of(
            row
        )
        second_ns = local_ns(time, CENTRAL)
        contract = contract_from_parts(root, days_of(expiry), strike, right)
        conditions = worded_conditions((word,)) if word else NO_CONDITIONS
        underlying = positive_or_none(optional_number(spot))
        trade_price, trade_size = price(traded), size(quantity)
        nbbo = Quote(optional_number(bid), optional_number(ask))
        market = Market(underlying, underlying, positive_or_none(optional_number(iv)))
        stamp = prints.within_second(second_ns)
        trade = Trade(stamp, trade_price, trade_size, WORD_VENUES.get(venue, venue), line)
        return (prints.make(contract, conditions, trade, nbbo, market),)

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
