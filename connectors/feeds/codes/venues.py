"""Option venues: vendors' ids and words to OPRA participant letters."""

from types import MappingProxyType
from typing import Final

# Letter: Theta ids, Cboe ids, Databento publishers, words of ToS and IBKR.
# Source: feeds specification, 12.
_VENUES: Final = (
    ("A", (4,), (4,), (20,), ("AMEX",)),
    ("B", (11,), (11,), (21,), ("BOX",)),
    ("C", (5,), (5,), (22,), ("CBOE",)),
    ("D", (46,), (71,), (23,), ("EMERALD",)),
    ("E", (65,), (65,), (24,), ("EDGX",)),
    ("H", (31,), (31,), (25,), ("GEMINI",)),
    ("I", (6,), (6,), (26,), ("ISE",)),
    ("J", (22,), (22,), (27,), ("MERCURY",)),
    ("M", (43,), (43,), (28,), ("MIAX",)),
    ("N", (7,), (7,), (29,), ("PSE", "ARCA", "NYSE")),
    ("O", (10,), (10,), (30,), ()),
    ("P", (69,), (69,), (31,), ("PEARL",)),
    ("Q", (1,), (1,), (32,), ("NASDAQOM", "NASDAQ")),
    ("S", (), (), (61,), ("SAPPHIRE",)),
    ("T", (47,), (47,), (33,), ("NASDAQBX",)),
    ("U", (73,), (120,), (37,), ("MEMX",)),
    ("W", (42,), (42,), (34,), ("CBOE2", "C2")),
    ("X", (9,), (9,), (35,), ("PHLX",)),
    ("Z", (60,), (60,), (36,), ("BATS",)),
    ("MXTO", (), (), (108,), ()),
    ("IEXO", (), (), (109,), ()),
)

THETA_VENUES: Final = MappingProxyType({str(i): v for v, ids, _, _, _ in _VENUES for i in ids})
CBOE_VENUES: Final = MappingProxyType({str(i): v for v, _, ids, _, _ in _VENUES for i in ids})
DATABENTO_VENUES: Final = MappingProxyType({i: v for v, _, _, ids, _ in _VENUES for i in ids})
# The best quote of all venues is no venue.
WORD_VENUES: Final = MappingProxyType(
    {word: v for v, _, _, _, words in _VENUES for word in words} | {"BEST": "", "": ""}
)
KNOWN_VENUES: Final = frozenset(venue for venue, *_ in _VENUES) | {""}
