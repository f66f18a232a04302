"""A whole real day of prints, every one taken as eligible, against a plain count."""

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

from flows.common.calendar import eastern_ns
from flows.equities.observed import MICRO
from flows.equities.observed import ObservedPrint
from tests.flows.equities.profile.tape import Event
from tests.flows.equities.profile.tape import a_print
from tests.flows.equities.profile.tape import of_window
from tests.flows.equities.profile.tape import walk

DAY = 15_986  # 2013-10-08
NS_PER_MS = 1_000_000


def prints(path: Path) -> Iterator[ObservedPrint]:
    midnight = eastern_ns(DAY, 0)
    with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as file:
        for seq, row in enumerate(csv.reader(io.TextIOWrapper(file))):
            ms, at_e4, size, exchange = row[:4]
            yield a_print(
                seq,
                midnight + int(ms) * NS_PER_MS,
                int(at_e4) / 10_000,
                micro=int(size) * MICRO,
                off_exchange=exchange == "D",
                direction="unknown" if exchange == "D" else "buy",
            )


def test_real_day_adds_up_row_by_row(real: Callable[[str], Path]) -> None:
    tape = list(prints(real("lean/equity/usa/tick/bac/20131008_trade.zip")))

    records = walk([Event(p, p.ts) for p in tape])

    for key, sessions in (("rth", {"rth"}), ("full", {"pre", "rth", "post"})):
        record = of_window(records, f"2013-10-08-{key}")[-1]
        shares: Counter[int] = Counter()
        off_exchange: Counter[int] = Counter()
        for p in tape:
            if p.session in sessions:
                shares[p.at_e4 // 100] += p.micro // MICRO
                off_exchange[p.at_e4 // 100] += p.off_exchange * p.micro // MICRO
        assert record.closed
        assert record.row_e4 == 100
        found = dict(enumerate(record.volume, record.first_row))
        assert {row: volume for row, volume in found.items() if volume} == dict(shares)
        assert dict(enumerate(record.off_exchange, record.first_row)) == {
            row: off_exchange[row] for row in found
        }
        assert record.total_volume == sum(shares.values())
        assert record.poc == max(shares, key=lambda row: shares[row]) / 100
        assert record.excluded_volume == 0
