"""Which stocks there are beside those with options, and on which tape each is."""

from typing import Final

from connectors.feeds.synthetic.universe import Listing

# Stocks without options here: labelled activity may lead them anywhere and no option disagrees.
# At least $40 each, so that a cent is small beside their spread.
STAGED: Final = (
    Listing("KO", 70.0, 0.17, 4.0, True),
    Listing("CSCO", 62.0, 0.22, 4.0, True),
    Listing("WFC", 75.0, 0.26, 4.0, True),
    Listing("VZ", 43.0, 0.20, 4.0, True),
    Listing("MRK", 80.0, 0.25, 3.0, True),
    Listing("PEP", 130.0, 0.19, 3.0, True),
    Listing("SBUX", 88.0, 0.30, 3.0, True),
    Listing("MDLZ", 66.0, 0.20, 3.0, True),
    Listing("ABT", 132.0, 0.21, 2.0, True),
    Listing("PG", 165.0, 0.17, 3.0, True),
    Listing("TXN", 185.0, 0.30, 2.0, True),
    Listing("AMAT", 168.0, 0.34, 3.0, True),
)
STAGED_BY_MODE: Final = {"realistic": 4, "active": 8, "firehose": 12}

_UTP: Final = frozenset(
    {
        *("QQQ", "NVDA", "TSLA", "AAPL", "AMD", "AMZN", "PLTR", "PYPL", "META", "MSFT", "COIN"),
        *("GOOGL", "NFLX", "SMCI", "MSTR", "TLT", "SMH", "INTC", "AVGO", "MU", "SHOP", "HOOD"),
        *("SOFI", "CSCO", "PEP", "SBUX", "MDLZ", "TXN", "AMAT"),
    }
)
_CTA_FUNDS: Final = frozenset({"SPY", "IWM", "XLF", "GLD"})


def tape_of(symbol: str) -> str:
    """Return the tape a stock is reported on: `C` listed at Nasdaq, `B` funds, else `A`."""
    if symbol in _UTP:
        return "C"
    return "B" if symbol in _CTA_FUNDS else "A"


def staged(mode: str) -> tuple[Listing, ...]:
    """Return the stocks of a mode in which labelled activity is played."""
    return STAGED[: STAGED_BY_MODE[mode]]
