"""Contract definitions: terms as of a trade date, read with clear refusals."""

from datetime import date

import pytest

from flows.errors import MisconfiguredFlow
from flows.options.refdata.definitions import NO_DEFINITIONS
from flows.options.refdata.definitions import ContractDefinition
from flows.options.refdata.definitions import ContractDefinitions
from flows.options.refdata.definitions import decode_definitions

EPOCH = date(1970, 1, 1)


def days(text: str) -> int:
    return (date.fromisoformat(text) - EPOCH).days


SPLIT = ContractDefinition(root="AAPL", effective_from=date(2014, 6, 9), dividend_yield=0.02)
MINI = ContractDefinition(
    root="AAPL7", effective_from=date(2014, 6, 9), multiplier=10, deliverable=70.0, alias="AAPL"
)
LATER = ContractDefinition(root="AAPL7", effective_from=date(2014, 9, 2), deliverable=None)


def test_terms_are_those_of_the_trade_date() -> None:
    definitions = ContractDefinitions([LATER, SPLIT, MINI])

    found = [
        definitions.resolve("AAPL7", days(day))
        for day in ("2014-06-08", "2014-06-09", "2014-09-01", "2014-09-02", "2030-01-02")
    ]

    assert found == [None, MINI, MINI, LATER, LATER]
    assert definitions.resolve("GOOG", days("2014-06-09")) is None
    assert definitions.alias("AAPL7", days("2014-06-08")) is None
    assert definitions.alias("AAPL7", days("2014-06-09")) == "AAPL"


def test_next_change_tells_until_when_terms_hold() -> None:
    definitions = ContractDefinitions([LATER, SPLIT, MINI])

    assert definitions.next_change("AAPL7", days("2014-01-02")) == days("2014-06-09")
    assert definitions.next_change("AAPL7", days("2014-06-09")) == days("2014-09-02")
    assert definitions.next_change("AAPL7", days("2014-09-02")) is None
    assert definitions.next_change("GOOG", days("2014-01-02")) is None


def test_spot_ratio_is_shares_for_each_dollar_of_price() -> None:
    assert (SPLIT.spot_ratio, MINI.spot_ratio, LATER.spot_ratio) == (1.0, 7.0, None)


def test_hash_depends_on_the_content_and_not_on_its_order() -> None:
    hashes = {
        ContractDefinitions(each).content_hash
        for each in ([SPLIT, MINI], [MINI, SPLIT], [SPLIT], [SPLIT, LATER], [])
    }

    assert len(hashes) == 4
    assert all(len(each) == 8 for each in hashes)
    assert NO_DEFINITIONS.content_hash == ContractDefinitions().content_hash
    assert not NO_DEFINITIONS


def test_file_is_read_with_defaults() -> None:
    content = b'[{"root": "XYZ1", "effective_from": "2025-03-03", "deliverable": 150}]'

    found = decode_definitions(content, "c.json").resolve("XYZ1", days("2025-03-03"))

    assert found is not None
    assert (found.multiplier, found.spot_ratio, found.settlement) == (100, 1.5, None)
    assert (found.tick, found.alias, found.dividend_yield) == (None, None, 0.0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"c\.json: .*expected a JSON list"),
        (b'{"root": "X"}', r"c\.json: .*expected a JSON list"),
        (b"[1]", r"c\.json, entry 1: "),
        (b'[{"effective_from": "2025-01-02"}]', "entry 1: .*root"),
        (b'[{"root": "X"}]', "entry 1: .*effective_from"),
        (b'[{"root": "X", "effective_from": "soon"}]', "entry 1: .*effective_from"),
        (b'[{"root": "X", "effective_from": "2025-01-02", "size": 1}]', "entry 1: .*size"),
        (b'[{"root": "x", "effective_from": "2025-01-02"}]', "root is x, expected 1 to 6"),
        (b'[{"root": "X", "effective_from": "1825-01-02"}]', "effective_from is 1825-01-02"),
        (b'[{"root": "X", "effective_from": "2025-01-02", "multiplier": 0}]', "multiplier is 0"),
        (b'[{"root": "X", "effective_from": "2025-01-02", "deliverable": 0}]', "deliverable is 0"),
        (b'[{"root": "X", "effective_from": "2025-01-02", "tick": -1}]', "tick is -1"),
        (b'[{"root": "X", "effective_from": "2025-01-02", "alias": ""}]', "alias is "),
        (b'[{"root": "X", "effective_from": "2025-01-02", "settlement": "x"}]', "settlement"),
        (b'[{"root": "X", "effective_from": "2025-01-02", "dividend_yield": 2}]', "dividend_yield"),
        (
            b'[{"root": "X", "effective_from": "2025-01-02"},'
            b'{"root": "X", "effective_from": "2025-01-02"}]',
            r"c\.json: root X is defined twice from 2025-01-02; keep one",
        ),
    ],
)
def test_wrong_file_is_refused_with_entry_and_remedy(content: bytes, message: str) -> None:
    with pytest.raises(MisconfiguredFlow, match=message):
        decode_definitions(content, "c.json")
