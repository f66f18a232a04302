"""Times, numbers, booleans and lists of routes."""

from datetime import UTC
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.params import parse_boolean
from api.params import parse_integer
from api.params import parse_number
from api.params import parse_texts
from api.params import parse_time
from api.problems import Problem


@pytest.mark.parametrize(
    ("text", "expected_ns"),
    [
        ("1763650800", 1_763_650_800_000_000_000),
        ("1763650800123", 1_763_650_800_123_000_000),
        ("1763650800123456", 1_763_650_800_123_456_000),
        ("1763650800123456789", 1_763_650_800_123_456_789),
        ("2025-11-20T15:00:00Z", 1_763_650_800_000_000_000),
        ("2025-11-20T10:00:00-05:00", 1_763_650_800_000_000_000),
        ("2025-11-20T10:00:00.123456789-05:00", 1_763_650_800_123_456_789),
        ("2025-11-20T15:00:00.5z", 1_763_650_800_500_000_000),
        ("", None),
        (None, None),
    ],
)
def test_time_is_digits_of_four_units_or_rfc_3339(text: str | None, expected_ns: int) -> None:
    assert parse_time("before_ts", text) == expected_ns


@pytest.mark.parametrize(
    "text",
    [
        "17636508001",
        "176365080",
        "17636508001234567890",
        "-1763650800",
        "1763650800.5",
        "9999999999999999999",
        "2025-11-20T15:00:00",
        "2025-11-20",
        "2025-11-20 15:00",
        "2025-13-20T15:00:00Z",
        "2025-11-20T15:00:00.1234567891Z",
        "1969-12-31T23:59:59Z",
        "2300-01-01T00:00:00Z",
        "yesterday",
        "١٧٦٣٦٥٠٨٠٠",
    ],
)
def test_other_times_are_refused_by_name(text: str) -> None:
    with pytest.raises(Problem) as refused:
        parse_time("before_ts", text)

    assert refused.value.status == 422
    assert [field for field, _ in refused.value.errors] == ["before_ts"]


@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)))  # noqa: DTZ001 - strategies take none
def test_rfc_3339_and_digits_name_the_same_instant(naive: datetime) -> None:
    instant = naive.replace(tzinfo=UTC)
    since = instant - datetime(1970, 1, 1, tzinfo=UTC)
    time_ns = (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000

    assert parse_time("ts", instant.isoformat()) == time_ns


@pytest.mark.parametrize(
    ("given_value", "expected"),
    [("true", True), ("false", False), (True, True), (False, False), ("", None), (None, None)],
)
def test_boolean_is_true_or_false(given_value: object, expected: bool | None) -> None:
    assert parse_boolean("cache", given_value) is expected


@pytest.mark.parametrize("given_value", ["TRUE", "1", "yes", 1, 0, [True], "null"])
def test_nothing_else_is_a_boolean(given_value: object) -> None:
    with pytest.raises(Problem, match="cache"):
        parse_boolean("cache", given_value)


@pytest.mark.parametrize("given_value", ["0", "1001", "1.0", "1e2", "²", True, [5], "9" * 30, "+5"])
def test_whole_number_keeps_to_its_bounds(given_value: object) -> None:
    with pytest.raises(Problem, match="limit"):
        parse_integer("limit", given_value, 1, 1000)


def test_whole_number_and_number_take_text_and_json() -> None:
    assert [parse_integer("limit", each, 1, 1000) for each in ("7", 7, "")] == [7, 7, None]
    assert [parse_number("x", each, 0, 10) for each in ("0.5", 0.5, 3, "")] == [0.5, 0.5, 3.0, None]


def test_list_has_each_value_once_in_order_and_at_most_a_hundred() -> None:
    assert parse_texts("side", "B, A,B") == ("A", "B")
    assert len(parse_texts("side", ",".join(str(number) for number in range(100)))) == 100
    with pytest.raises(Problem, match="101 values"):
        parse_texts("side", [str(number) for number in range(101)])
