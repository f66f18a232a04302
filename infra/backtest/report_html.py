"""Pieces of an HTML page: what is not a piece yet is text, and text is escaped."""

from collections.abc import Iterable
from collections.abc import Sequence
from html import escape
from typing import Final

import msgspec

_VOID: Final = frozenset({"meta", "br", "hr", "link", "col"})
# Tags inside which a line break would show, or which are one run of words.
_INLINE: Final = frozenset(
    {
        *("a", "abbr", "b", "caption", "code", "dd", "dt", "em", "figcaption", "h1", "h2", "h3"),
        *(
            "li",
            "p",
            "pre",
            "small",
            "span",
            "strong",
            "td",
            "text",
            "th",
            "time",
            "title",
            "tspan",
        ),
    }
)


class Html(str):
    """Markup, which is not escaped again."""

    __slots__ = ()


def markup(part: str) -> Html:
    """
    Return a piece as it is, and text escaped.

    Examples
    --------
    >>> markup("a < b & c"), markup(Html("<b>a</b>"))
    ('a &lt; b &amp; c', '<b>a</b>')
    """
    return part if isinstance(part, Html) else Html(escape(part, quote=True))


def joined(parts: Iterable[str], between: str = "") -> Html:
    """Return pieces and texts as one piece."""
    return Html(markup(between).join(markup(part) for part in parts))


def element(tag: str, /, *parts: str, **attributes: str | float | None) -> Html:
    """
    Return an element.

    Parameters
    ----------
    tag : str
        Its name.
    parts : str
        What is inside; text is escaped.
    attributes : str | float | None
        By name, `_` for `-` and at the end for nothing (`class_`); null leaves one out. Numbers
        are lengths and have at most one decimal.

    Examples
    --------
    >>> element("td", "1 < 2", class_="number", colspan=2)
    '<td class="number" colspan="2">1 &lt; 2</td>'
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if tag in _VOID:
        return Html(f"<{tag}{written}>")
    inside = joined(parts)
    if tag not in _INLINE and parts:
        inside = Html("\n" + "\n".join(markup(part) for part in parts) + "\n")
    return Html(f"<{tag}{written}>{inside}</{tag}>")


def _value(value: str | float) -> str:
    if isinstance(value, str):
        return escape(value, quote=True)
    short = f"{value:.1f}".removesuffix(".0")
    return "0" if short == "-0" else short


class Column(msgspec.Struct, frozen=True, gc=False):
    """
    A column of a table.

    Parameters
    ----------
    name : str
        Its heading.
    is_number : bool
        Set flush right, digits of one width.
    is_wide : bool
        Text that may take several lines.
    """

    name: str
    is_number: bool = True
    is_wide: bool = False


class Row(msgspec.Struct, frozen=True, gc=False):
    """
    A row of a table.

    Parameters
    ----------
    cells : sequence of str
        The first one is its heading; null for nothing known. A single one heads the rows below.
    style : str
        Class of the row.
    """

    cells: Sequence[str | None]
    style: str = ""


NOTHING: Final = "–"


def data_table(caption: str, columns: Sequence[Column], rows: Iterable[Row]) -> Html:
    """
    Return a table whose headings say what they head; a narrow screen scrolls it by itself.

    Parameters
    ----------
    caption : str
        What it tells.
    columns : sequence of Column
        From left to right.
    rows : iterable of Row
        As many cells each as there are columns, or one.
    """
    head = element(
        "tr",
        *(element("th", column.name, scope="col", class_=_style(column, "")) for column in columns),
    )
    body = [_table_row(row, columns) for row in rows]
    whole = element(
        "table",
        element("caption", caption),
        element("thead", head),
        element("tbody", *body),
    )
    return element("div", whole, class_="scroll", role="region", aria_label=caption, tabindex="0")


def _table_row(row: Row, columns: Sequence[Column]) -> Html:
    if len(row.cells) == 1:
        name = row.cells[0] or NOTHING
        heading = element("th", name, scope="colgroup", colspan=len(columns))
        return element("tr", heading, class_="section")
    cells = [
        _cell(cell, column, is_heading=at == 0)
        for at, (column, cell) in enumerate(zip(columns, row.cells, strict=True))
    ]
    return element("tr", *cells, class_=row.style or None)


def _cell(cell: str | None, column: Column, *, is_heading: bool) -> Html:
    shown = NOTHING if cell is None else cell
    style = _style(column, "" if cell is not None else "nothing")
    if is_heading:
        return element("th", shown, scope="row", class_=style)
    return element("td", shown, class_=style)


def _style(column: Column, more: str) -> str | None:
    names = [
        *(["number"] if column.is_number else []),
        *(["wide"] if column.is_wide else []),
        *([more] if more else []),
    ]
    return " ".join(names) or None
