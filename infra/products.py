"""Kinds of underlyings that settings, flows and the gateway tell apart."""

from typing import Final

from flows.options import contracts

# Cash indices: their options are no options on a stock or fund.
INDEX_UNDERLYINGS: Final = tuple(sorted(contracts.INDEX_UNDERLYINGS))
