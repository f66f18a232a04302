"""Equity venues: vendors' ids and names to SIP participant letters, FINRA facilities among them."""

from types import MappingProxyType
from typing import Final

import msgspec

FINRA: Final = "D"
NYSE_TRF: Final = "N"
NASDAQ_TRF_CARTERET: Final = "Q"
NASDAQ_TRF_CHICAGO: Final = "B"
ADF: Final = "A"


class EquityVenue(msgspec.Struct, frozen=True):
    """
    Where a trade was reported.

    Parameters
    ----------
    exchange : str
        SIP participant letter; what is unmapped as the vendor writes it.
    trf_id : str | None
        `N`, `Q`, `B` or `A` of a FINRA facility; None for an exchange, or when the vendor does
        not tell which.
    """

    exchange: str
    trf_id: str | None = None

    @property
    def is_off_exchange(self) -> bool:
        """Tell whether a FINRA facility reported it (equities specification, 5)."""
        return self.exchange == FINRA


# Letter: Theta and Cboe ids, MIC. Source: feeds specification, 12; the MICs are ISO 10383.
_EXCHANGES: Final = (
    ("A", (4,), "XASE"),
    ("B", (11,), "XBOS"),
    ("C", (8,), "XCIS"),
    ("H", (43, 69), "EPRL"),
    ("J", (64,), "EDGA"),
    ("K", (65,), "EDGX"),
    ("L", (75, 117), "LTSE"),
    ("M", (17,), "XCHI"),
    ("N", (3,), "XNYS"),
    ("P", (7,), "ARCX"),
    ("Q", (1,), "XNAS"),
    ("U", (73, 120), "MEMX"),
    ("V", (68,), "IEXG"),
    ("X", (9,), "XPSX"),
    ("Y", (63,), "BATY"),
    ("Z", (60,), "BATS"),
    ("24X", (77,), "24EQ"),
)
# Facility: Theta ids, Cboe ids, TAQ TR_RF, MIC, Massive trfi.
_FACILITIES: Final = (
    (ADF, (2,), (2, 118), (), "XADF", ()),
    (NASDAQ_TRF_CARTERET, (57,), (57,), ("T", "Q"), "FINN", (202,)),
    (NASDAQ_TRF_CHICAGO, (58,), (119,), ("B",), "FINC", (203,)),
    (NYSE_TRF, (59,), (59,), ("N",), "FINY", (201,)),
)

_BY_ID: Final = {str(each): EquityVenue(letter) for letter, ids, _ in _EXCHANGES for each in ids}
THETA_EQUITY_VENUES: Final = MappingProxyType(
    _BY_ID | {str(i): EquityVenue(FINRA, trf) for trf, ids, *_ in _FACILITIES for i in ids}
)
CBOE_EQUITY_VENUES: Final = MappingProxyType(
    _BY_ID | {str(i): EquityVenue(FINRA, trf) for trf, _, ids, *_ in _FACILITIES for i in ids}
)
TAQ_FACILITIES: Final = MappingProxyType(
    {letter: trf for trf, _, _, letters, *_ in _FACILITIES for letter in letters}
)
MASSIVE_FINRA_EXCHANGE: Final = 4
MASSIVE_FACILITIES: Final = MappingProxyType(
    {each: trf for trf, *_, ids in _FACILITIES for each in ids}
)
MIC_EQUITY_VENUES: Final = MappingProxyType(
    {mic: EquityVenue(letter) for letter, _, mic in _EXCHANGES}
    | {mic: EquityVenue(FINRA, trf) for trf, _, _, _, mic, _ in _FACILITIES}
)
LETTER_EQUITY_VENUES: Final = MappingProxyType(
    {letter: EquityVenue(letter) for letter, *_ in _EXCHANGES} | {FINRA: EquityVenue(FINRA)}
)
KNOWN_EQUITY_VENUES: Final = frozenset(LETTER_EQUITY_VENUES)

# Databento publishers of equities, by the MIC of their venue. Source: the vendor's list, as
# databento-dbn 0.70 holds it.
_PUBLISHERS: Final = (
    ("XNAS", (2, 46, 47, 52, 66, 81, 124)),
    ("XBOS", (3, 75, 86, 88, 112)),
    ("XPSX", (4, 76, 87, 89, 127)),
    ("BATS", (5, 71, 129)),
    ("BATY", (6, 72, 128)),
    ("EDGA", (7, 73, 118)),
    ("EDGX", (8, 74, 119)),
    ("XNYS", (9, 44, 45, 53, 67, 92, 122)),
    ("XCIS", (10, 13, 14, 40, 49, 63, 91, 113)),
    ("XASE", (11, 78, 111)),
    ("XCHI", (12, 39, 48, 62, 121)),
    ("MEMX", (15, 77, 125)),
    ("EPRL", (16, 42, 51, 65, 116)),
    ("FINN", (17, 54, 68, 82, 130)),
    ("FINC", (18, 56, 70, 83, 132)),
    ("FINY", (19, 55, 69, 131)),
    ("XADF", (133,)),
    ("IEXG", (38, 41, 50, 64, 126)),
    ("ARCX", (43, 79, 123)),
    ("LTSE", (80, 120)),
    ("24EQ", (115,)),
)
DATABENTO_EQUITY_VENUES: Final = MappingProxyType(
    {publisher: MIC_EQUITY_VENUES[mic] for mic, ids in _PUBLISHERS for publisher in ids}
)
# The vendor's, or a SIP's, best of several venues: EQUS, DBEQ, CTA, UTP.
AGGREGATING_PUBLISHERS: Final = frozenset({59, 60, 90, 93, 94, 95, 96, 134, 135})
