"""Vendors' codes against the tables of the feed specification, 12."""

import pytest

from connectors.feeds.codes.conditions import numbered_conditions
from connectors.feeds.codes.conditions import worded_conditions
from connectors.feeds.codes.venues import CBOE_VENUES
from connectors.feeds.codes.venues import DATABENTO_VENUES
from connectors.feeds.codes.venues import THETA_VENUES
from connectors.feeds.codes.venues import WORD_VENUES

# Rows of the specification: letter, Theta id, Cboe id, Databento publisher, words.
VENUES = """
A 4  4   20 AMEX
B 11 11  21 BOX
C 5  5   22 CBOE
D 46 71  23 EMERALD
E 65 65  24 EDGX
H 31 31  25 GEMINI
I 6  6   26 ISE
J 22 22  27 MERCURY
M 43 43  28 MIAX
N 7  7   29 PSE ARCA NYSE
O 10 10  30
P 69 69  31 PEARL
Q 1  1   32 NASDAQOM NASDAQ
T 47 47  33 NASDAQBX
W 42 42  34 CBOE2 C2
X 9  9   35 PHLX
Z 60 60  36 BATS
U 73 120 37 MEMX
S -  -   61 SAPPHIRE
""".strip().splitlines()

NUMBERS = """
0= 2=B 5=F 6=F 7=H 13=D 18=I 21=J 40=A 41=C 42=E 43=G 44=A 35=f 36=f 38=f 37=n 95=S 125=a
126=b 127=c 128=d 129=e 130=f 131=g 132=h 133=i 134=j 135=k 136=l 137=m 138=n 139=o 140=p
141=q 142=r 143=s 144=t 147=u 118=v 148=v 34=ADJT 39=STPD 106=SPIM 107=BNMT 108=XMPT
33=nx:33 999=nx:999
"""

WORDS = """
CANC=A CNCL=C CNCO=E CNOL=G OSEQ=B LATE=D OPEN=F OPNL=H AUTO=I REOP=J ISOI=S SLAN=a
SLAI=b SLCN=c SLCI=d SCLI=d SLFT=e MLET=f MLAT=g MLCT=h MLFT=i MESL=j TLAT=k MASL=l
MFSL=m TLET=n TLCT=o TLFT=p TESL=q TASL=r TFSL=s CBMO=t MCTP=u EXHT=v SPRD=f STDL=f
CMBO=f BWRT=n CSTP=A SWEEP=S ISO=S AUCTION=a CROSS=c COMPLEX=f SPREAD=f OPENING=H FILL=I
REGULAR=I Spread=f STPD=STPD SPIM=SPIM ADJT=ADJT BNMT=BNMT XMPT=XMPT weird=weird
"""


@pytest.mark.parametrize("row", VENUES, ids=lambda row: row[0])
def test_venue_has_its_letter_in_every_numbering(row: str) -> None:
    letter, theta, cboe, publisher, *words = row.split()

    assert theta == "-" or THETA_VENUES[theta] == letter
    assert cboe == "-" or CBOE_VENUES[cboe] == letter
    assert DATABENTO_VENUES[int(publisher)] == letter
    assert [WORD_VENUES[word] for word in words] == [letter] * len(words)


def test_no_venue_is_mapped_that_the_table_does_not_name() -> None:
    table = [row.split() for row in VENUES]

    assert set(THETA_VENUES) == {row[1] for row in table} - {"-"}
    assert set(CBOE_VENUES) == {row[2] for row in table} - {"-"}
    assert set(DATABENTO_VENUES) == {int(row[3]) for row in table} | {108, 109}
    assert (DATABENTO_VENUES[108], DATABENTO_VENUES[109]) == ("MXTO", "IEXO")
    assert (WORD_VENUES["BEST"], WORD_VENUES[""]) == ("", "")


@pytest.mark.parametrize("pair", NUMBERS.split())
def test_numbered_condition_has_its_letter(pair: str) -> None:
    number, letter = pair.split("=")

    found = numbered_conditions((number,))

    assert found.letters == ((letter,) if letter else ())
    assert found.raw == (number,)
    assert found.unknown == (found.letters if len(letter) > 1 else ())


@pytest.mark.parametrize("pair", WORDS.split())
def test_word_has_its_letter_and_unknown_ones_keep_their_name(pair: str) -> None:
    word, letter = pair.split("=")

    found = worded_conditions((word,))

    assert (found.letters, found.raw) == ((letter,), (word,))
    assert found.unknown == ((letter,) if len(letter) > 1 else ())


def test_aggressor_codes_are_a_side_and_no_condition() -> None:
    assert numbered_conditions(("145",)).vendor_aggressor == "buy"
    assert numbered_conditions(("146", "18")).vendor_aggressor == "sell"
    assert numbered_conditions(("146", "18")).letters == ("I",)
    assert numbered_conditions(("18",)).vendor_aggressor is None
