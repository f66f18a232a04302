"""What the name of a file says about its rows."""

import re
from datetime import date
from pathlib import Path
from typing import Final

from connectors.feeds.base.errors import MissingFact
from connectors.feeds.files.values import EPOCH

_DATES: Final = (
    re.compile(r"(?<!\d)(?P<m>\d\d)-(?P<d>\d\d)-(?P<y>\d{4})(?!\d)"),
    re.compile(r"(?<!\d)(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)(?!\d)"),
    re.compile(r"(?<!\d)(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)(?!\d)"),
)


def date_in_name(name: str) -> int | None:
    """
    Return the first date in a file name, in days since 1970-01-01; None when there is none.

    Examples
    --------
    >>> date_in_name("flow-02-20-2026.csv") == date_in_name("20260220.csv") == 20504
    True
    """
    for form in _DATES:
        found = form.search(name)
        if found is None:
            continue
        try:
            return (date(int(found["y"]), int(found["m"]), int(found["d"])) - EPOCH).days
        except ValueError:
            continue
    return None


def day_of_file(path: Path, named: int | None, lacks: str) -> int:
    """
    Return the day a file is of, in days since 1970-01-01.

    Parameters
    ----------
    path : Path
        The file; its name is looked at when the caller named no day.
    named : int | None
        What the caller named with `--date`; it wins.
    lacks : str
        What the rows leave open, for the message.

    Raises
    ------
    MissingFact
        Neither says it.
    """
    days = date_in_name(path.name) if named is None else named
    if days is None:
        msg = (
            f"{path.name} {lacks}, and its name has no date (MM-DD-YYYY or YYYY-MM-DD); name it "
            "with --date YYYY-MM-DD"
        )
        raise MissingFact(msg)
    return days
