"""The status line of the live stack: equities are named once there are any."""

import re

from infra.cli.up import _line
from infra.pipeline.live import Status


def test_line_of_options_says_nothing_of_equities() -> None:
    line = _line(Status(prints=1_934, quotes=7_301, packets=212, alerts=31, prints_per_s=41.0))

    assert line.startswith("prints 1,934 (41/s)  quotes 7,301 (0/s)  packets 212  alerts 31  ")
    assert not re.search("equities|joins|inferred|dead letters", line)


def test_line_counts_prints_joins_and_inferences_of_equities() -> None:
    line = _line(Status(prints=1_934, equity_prints=806, joins=331, inferred=2, dead_letters=3))

    assert "prints 1,934 (0/s)  of equities 806  quotes" in line
    assert "joins 331  inferred 2  alerts" in line
    assert "dead letters 3" in line
