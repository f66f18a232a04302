"""A trading date made by hand, and a store that answers with it."""

from collections.abc import Mapping

import msgspec

from flows.common.calendar import NS_PER_MINUTE
from flows.common.sessions import rth_bounds_ns
from flows.common.sessions import trade_date_and_segment
from infra.chart.series import ABSORBED_BLOCK
from infra.chart.series import ACCUMULATION
from infra.chart.series import ZONE
from infra.chart.series import Bar
from infra.chart.series import ChartData
from infra.chart.series import Inference
from infra.chart.series import VolumeByPrice
from infra.evidence import Row

TRADE_DATE = 20_229  # 2025-05-21
OPEN_NS, CLOSE_NS = rth_bounds_ns(TRADE_DATE)
BAR_NS = 5 * NS_PER_MINUTE


def a_bar(number: int, **changes: object) -> Bar:
    """Return the nth five-minute bar from the regular open on; negative ones lie before it."""
    start = OPEN_NS + number * BAR_NS
    plain = Bar(
        start, start + BAR_NS, trade_date_and_segment(start)[1],
        100.0, 100.4, 99.8, 100.2, 1_000.0, 400.0, 100.1, 10,
    )  # fmt: skip
    return msgspec.structs.replace(plain, **changes)


def an_inference(kind: str = ABSORBED_BLOCK, **changes: object) -> Inference:
    plain = Inference(
        kind, "confirmed", OPEN_NS + BAR_NS, OPEN_NS + 2 * BAR_NS, 100.1, 100.0, 100.2, 5_000.0
    )
    return msgspec.structs.replace(plain, **changes)


PROFILE = VolumeByPrice(
    True, 0.1, 99.8, (100.0, 300.0, 50.0, 200.0), (50.0, 200.0, 10.0, 100.0),
    (10.0, 20.0, 5.0, 80.0), 99.9, 100.1, 99.8, (100.0,),
)  # fmt: skip


def a_day(**changes: object) -> ChartData:
    """Return two bars before the open and four after it, the last of them falling."""
    bars = (
        *[a_bar(number) for number in (-2, -1, 0, 1, 2)],
        a_bar(3, open=100.2, close=99.9),
    )
    inferences = (an_inference(), an_inference(ACCUMULATION), an_inference(ZONE, shares=9_000.0))
    plain = ChartData("XYZ", "file-test", TRADE_DATE, "5m", bars, PROFILE, inferences)
    return msgspec.structs.replace(plain, **changes)


class Tables:
    """Rows by the table and the columns a query asks for."""

    def __init__(self, rows: Mapping[str, list[Row]]) -> None:
        self._rows = rows
        self.asked: list[tuple[str, Mapping[str, object]]] = []

    def rows(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[Row]:
        given = dict(parameters or {})
        self.asked.append((sql, given))
        if "GROUP BY source, day" in sql:
            return self._rows.get("days", [])
        if sql.startswith("SELECT underlying_id"):
            return self._rows.get("symbols", [])
        if "DISTINCT interval_ms" in sql:
            return self._rows.get("lengths", [])
        if "equities_profile" in sql:
            key = str(given["key"])
            return [row for row in self._rows.get("profiles", []) if row["trace_id"].endswith(key)]
        return self._rows.get("inferences" if "dark_inferred" in sql else "bars", [])
