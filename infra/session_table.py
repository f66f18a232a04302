"""
Write down when XNYS is open, so that no flow has to load the calendar library to know.

`python -m infra.session_table` writes `flows/common/session_table.py` from `exchange_calendars`
(its holidays, ad-hoc closures and early closes); `--check` only compares, and exits with 1 where
the file has drifted. The library and pandas under it take more than a second to load.
"""

import argparse
import sys
import textwrap
from datetime import date
from datetime import timedelta
from pathlib import Path
from typing import Any
from typing import Final

import exchange_calendars

from flows.common.calendar import EASTERN
from flows.common.calendar import EPOCH
from flows.common.calendar import FIRST_CALENDAR_YEAR
from flows.common.calendar import LAST_CALENDAR_YEAR

TABLE: Final = Path(__file__).resolve().parents[1] / "flows" / "common" / "session_table.py"
REGULAR_CLOSE_MINUTE: Final = 16 * 60
_SATURDAY: Final = 5
_HEAD: Final = '''"""
Weekdays without a session of XNYS, and its early closes.

Generated from `exchange_calendars` by `python -m infra.session_table`.
"""

from typing import Final
'''


def closes() -> dict[int, int]:
    """Return the close of every session, minute of the day in New York, by days since 1970."""
    calendar: Any = exchange_calendars.get_calendar(
        "XNYS",
        start=f"{FIRST_CALENDAR_YEAR}-01-01",
        end=f"{LAST_CALENDAR_YEAR}-12-31",
        side="left",
    )
    found: dict[int, int] = {}
    for session, close in calendar.closes.items():
        local = close.tz_convert(EASTERN)
        found[(session.date() - EPOCH).days] = local.hour * 60 + local.minute
    return found


def table() -> str:
    """Return the text of the table."""
    known = closes()
    day = date(FIRST_CALENDAR_YEAR, 1, 1)
    closed = []
    while day.year <= LAST_CALENDAR_YEAR:
        days = (day - EPOCH).days
        if day.weekday() < _SATURDAY and days not in known:
            closed.append(str(days))
        day += timedelta(days=1)
    early = [f"{days}:{minute}" for days, minute in known.items() if minute != REGULAR_CLOSE_MINUTE]
    return (
        f"{_HEAD}\n# Days since 1970-01-01.\nCLOSED: Final = frozenset(\n    {{\n"
        f"{_wrapped(closed, 8)}\n    }}\n)  # fmt: skip\n\n"
        f"# Minute of the day in New York by days since 1970-01-01.\n"
        f"EARLY_CLOSES: Final = {{\n{_wrapped(early, 4)}\n}}  # fmt: skip\n"
    )


def _wrapped(items: list[str], indent: int) -> str:
    return textwrap.fill(
        ", ".join(items) + ",",
        width=92,  # the space after a colon is added behind
        initial_indent=" " * indent,
        subsequent_indent=" " * indent,
        break_on_hyphens=False,
    ).replace(":", ": ")


def main() -> int:
    """Write the table, or with `--check` only compare it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare, exit 1 on drift")
    arguments = parser.parse_args()
    text = table()
    has_drifted = not TABLE.exists() or TABLE.read_text(encoding="utf-8") != text
    if has_drifted and not arguments.check:
        TABLE.write_text(text, encoding="utf-8")
    return 1 if has_drifted and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
