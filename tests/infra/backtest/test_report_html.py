"""Pieces of a page: text is escaped once, markup never."""

import pytest

from infra.backtest.report_html import Column
from infra.backtest.report_html import Html
from infra.backtest.report_html import Row
from infra.backtest.report_html import data_table
from infra.backtest.report_html import element
from infra.backtest.report_html import joined
from infra.backtest.report_html import markup


def test_text_is_escaped_once_however_deep_it_lies() -> None:
    inner = element("b", "a < b")

    assert element("p", inner, " & c") == "<p><b>a &lt; b</b> &amp; c</p>"
    assert markup(markup("<")) == "&lt;"
    assert joined(["<", Html("<i></i>"), ">"]) == "&lt;<i></i>&gt;"


def test_attributes_are_escaped_and_null_leaves_one_out() -> None:
    found = element("td", "x", title='"<&', class_=None, data_n=3.0)

    assert found == '<td title="&quot;&lt;&amp;" data-n="3">x</td>'


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1"), (-0.04, "0"), (1.25, "1.2"), (12.349, "12.3"), (-7.5, "-7.5")]
)
def test_lengths_have_one_decimal_at_most(value: float, text: str) -> None:
    assert element("td", x=value) == f'<td x="{text}"></td>'


def test_row_with_another_number_of_cells_is_refused() -> None:
    with pytest.raises(ValueError, match="argument"):
        data_table("two", (Column("a"), Column("b")), [Row(["1", "2", "3"])])


def test_unknown_is_a_dash_and_not_zero() -> None:
    found = data_table("t", (Column("name"), Column("n")), [Row(["a", None]), Row(["b", "0"])])

    assert '<td class="number nothing">–</td>' in found
    assert '<td class="number">0</td>' in found
