"""Vendors' codes of equities against the tables of the feed specification, 12."""

from datetime import date

import pytest

from connectors.feeds.codes.equity_conditions import lean_conditions
from connectors.feeds.codes.equity_conditions import lettered_conditions
from connectors.feeds.codes.equity_conditions import massive_conditions
from connectors.feeds.codes.equity_conditions import stock_conditions
from connectors.feeds.codes.equity_venues import AGGREGATING_PUBLISHERS
from connectors.feeds.codes.equity_venues import CBOE_EQUITY_VENUES
from connectors.feeds.codes.equity_venues import DATABENTO_EQUITY_VENUES
from connectors.feeds.codes.equity_venues import LETTER_EQUITY_VENUES
from connectors.feeds.codes.equity_venues import MASSIVE_FACILITIES
from connectors.feeds.codes.equity_venues import MASSIVE_FINRA_EXCHANGE
from connectors.feeds.codes.equity_venues import MIC_EQUITY_VENUES
from connectors.feeds.codes.equity_venues import TAQ_FACILITIES
from connectors.feeds.codes.equity_venues import THETA_EQUITY_VENUES
from connectors.feeds.codes.equity_venues import EquityVenue
from connectors.feeds.codes.round_lots import shares_per_quoted_unit
from tests.connectors.feeds.files.dbn_samples import dbn

EXCHANGES = """
A=4 B=11 C=8 H=43,69 J=64 K=65 L=75,117 M=17 N=3 P=7 Q=1 U=73,120 V=68 X=9 Y=63 Z=60 24X=77
"""
STOCKS = """
0= 32= 255= 1=T 2=Z 3=W 4=W 6=O 7=O 62=O 8=P 9=N 10=B 11=C 12=R 13=L 14=K 29=K 15=G 22=A 30=D
31=S 45=X 51=M 55=1 65=U 66=Q 79=Y 95=F 96=4 97=5 98=6 104=H 105=V 108=8 115=I 117=9 124=7
5=nx:5 52=nx:52 53=nx:53
"""
MASSIVE = """
0=@ 1=A 2=W 3=E 4=B 5=G 7=C 8=6 9=X 10=4 11=D 12=T 13=U 14=F 15=M 16=Q 20=N 21=H 22=P 23=K
25=O 27=1 28=5 29=R 30=L 33=Z 34=S 36=Y 37=I 38=9 41=8 52=V 53=7 6=nx:6
"""
LEAN = """
1=@ 2=C 4=N 8=R 10=Y 20=F 40=O 80=6 100=5 200=4 400=T 800=L 1000=1 2000=T 4000=Z 6000=U
8000=S 10000=A 20000=B 40000=V 80000=D 100000=W 200000=X 400000=H 800000=K 1000000=M
2000000=P 4000000=Q 10000000=E 20000000=8 80000000=I 8000000=lean:8000000
40000000=lean:40000000 100000000=lean:100000000
"""


@pytest.mark.parametrize("row", EXCHANGES.split())
def test_exchange_has_its_letter_in_both_numberings(row: str) -> None:
    letter, ids = row.split("=")

    for each in ids.split(","):
        assert THETA_EQUITY_VENUES[each] == CBOE_EQUITY_VENUES[each] == EquityVenue(letter)
    assert not LETTER_EQUITY_VENUES[letter].is_off_exchange


@pytest.mark.parametrize(
    ("trf_id", "theta", "cboe", "taq", "mic", "massive"),
    [
        ("A", "2", ["2", "118"], "", "XADF", None),
        ("Q", "57", ["57"], "TQ", "FINN", 202),
        ("B", "58", ["119"], "B", "FINC", 203),
        ("N", "59", ["59"], "N", "FINY", 201),
    ],
)
def test_finra_facility_is_off_exchange_and_keeps_its_name(
    trf_id: str, theta: str, cboe: list[str], taq: str, mic: str, massive: int | None
) -> None:
    facility = EquityVenue("D", trf_id)

    assert facility.is_off_exchange
    assert THETA_EQUITY_VENUES[theta] == MIC_EQUITY_VENUES[mic] == facility
    assert [CBOE_EQUITY_VENUES[each] for each in cboe] == [facility] * len(cboe)
    assert [TAQ_FACILITIES[letter] for letter in taq] == [trf_id] * len(taq)
    assert massive is None or MASSIVE_FACILITIES[massive] == trf_id


def test_nothing_is_mapped_that_the_tables_do_not_name() -> None:
    ids = {each for row in EXCHANGES.split() for each in row.split("=")[1].split(",")}

    assert set(THETA_EQUITY_VENUES) == ids | {"2", "57", "58", "59"}
    assert set(CBOE_EQUITY_VENUES) == ids | {"2", "118", "57", "119", "59"}
    assert set(TAQ_FACILITIES) == set("TQBN")
    assert set(MASSIVE_FACILITIES) == {201, 202, 203}
    assert MASSIVE_FINRA_EXCHANGE == 4
    assert LETTER_EQUITY_VENUES["D"] == EquityVenue("D", None)


@pytest.mark.parametrize("publisher", range(1, 160))
def test_databento_publisher_has_the_venue_the_library_says(publisher: int) -> None:
    shown = repr(
        dbn.TradeMsg(
            publisher_id=publisher,
            instrument_id=1,
            ts_event=1,
            price=1,
            size=1,
            action=dbn.Action.TRADE,
            side=dbn.Side.NONE,
            depth=0,
            ts_recv=1,
            sequence=1,
        )
    )
    name = shown.partition("publisher_id=")[2].partition(" (")[0]
    mic = name.rpartition(".")[2]
    is_equities = not name.startswith(("OPRA.", "GLBX.", "IF", "NDEX.", "XE", "XCBF."))

    if publisher in AGGREGATING_PUBLISHERS:
        assert mic in {"EQUS", "DBEQ", "CTA", "UTP"}
    elif is_equities and mic in MIC_EQUITY_VENUES:
        assert DATABENTO_EQUITY_VENUES[publisher] == MIC_EQUITY_VENUES[mic]
    else:
        assert publisher not in DATABENTO_EQUITY_VENUES
        assert mic not in {"EQUS", "DBEQ", "CTA", "UTP"}


@pytest.mark.parametrize("pair", STOCKS.split())
def test_stock_condition_has_its_letter(pair: str) -> None:
    number, letter = pair.split("=")

    found = stock_conditions((number,))

    assert found.letters == ((letter,) if letter else ())
    assert found.raw == (number,)
    assert found.unknown == (found.letters if letter.startswith("nx:") else ())


@pytest.mark.parametrize("pair", MASSIVE.split())
def test_massive_condition_has_its_letter(pair: str) -> None:
    number, letter = pair.split("=")

    found = massive_conditions((int(number),))

    assert (found.letters, found.raw) == ((letter,), (number,))
    assert found.unknown == ((letter,) if letter.startswith("nx:") else ())


@pytest.mark.parametrize("pair", LEAN.split())
def test_lean_bit_has_its_letter(pair: str) -> None:
    bits, letter = pair.split("=")

    found = lean_conditions(bits)

    assert (found.letters, found.raw) == ((letter,), (bits,))
    assert found.unknown == ((letter,) if letter.startswith("lean:") else ())


@pytest.mark.parametrize(
    ("bits", "letters"),
    [
        ("20002020", ("F", "T", "8")),
        ("20006020", ("U", "F", "8")),
        ("2400", ("T",)),
        ("4400", ("T", "Z")),
        ("20100200", ("4", "W", "8")),
        ("0", ()),
        ("", ()),
        ("FFfF", ("U", "@", "C", "N", "R", "Y", "F", "O", "6", "5", "4", "T", "L", "1", "S")),
    ],
)
def test_lean_bits_are_taken_together(bits: str, letters: tuple[str, ...]) -> None:
    assert lean_conditions(bits).letters == letters


def test_lean_doubt_is_kept_as_received() -> None:
    assert lean_conditions("1", is_suspicious=True).raw == ("1", "suspicious")
    with pytest.raises(ValueError, match="xyz"):
        lean_conditions("xyz")


def test_several_ids_are_one_letter_each_in_the_order_sent() -> None:
    found = stock_conditions(("115", "32", "95", "115"))

    assert (found.letters, found.raw) == (("I", "F"), ("115", "32", "95", "115"))


@pytest.mark.parametrize(
    ("tape", "text", "letters"),
    [
        ("A", "4 B", ("4", "W")),
        ("B", "B", ("W",)),
        (None, "B", ("W",)),
        ("C", "B", ("B",)),
        ("C", "FTI", ("F", "T", "I")),
        ("C", "@  I", ("@", "I")),
        ("A", "    ", ()),
    ],
)
def test_letters_of_a_tape_are_made_canonical(
    tape: str | None, text: str, letters: tuple[str, ...]
) -> None:
    assert lettered_conditions(tape, text).letters == letters


@pytest.mark.parametrize(("day", "shares"), [(date(2025, 11, 2), 100), (date(2025, 11, 3), 1)])
def test_quotes_were_sized_in_round_lots(day: date, shares: int) -> None:
    assert shares_per_quoted_unit((day - date(1970, 1, 1)).days) == shares
