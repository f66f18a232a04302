"""What a run came to in equities: what was off-exchange, where it lay, what was inferred."""

from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import Final

from infra.evidence import Store

_UNDERLYINGS: Final = (
    "SELECT p.underlying_id AS underlying_id, p.prints AS prints, p.off AS off, "
    "b.volume AS volume, b.off_volume AS off_volume FROM "
    "(SELECT underlying_id, count() AS prints, countIf(off_exchange_flag) AS off "
    "FROM ticks GROUP BY underlying_id) AS p "
    "LEFT JOIN (SELECT underlying_id, toNullable(sum(volume)) AS volume, "
    "toNullable(sum(off_exchange_volume)) AS off_volume FROM equities_candles FINAL "
    "WHERE interval_ms = 60000 GROUP BY underlying_id) AS b "
    "ON p.underlying_id = b.underlying_id ORDER BY prints DESC, underlying_id"
)
_SIDES: Final = (
    "SELECT nbbo_side, count() AS prints, sum(size) AS shares FROM equities_joins FINAL "
    "WHERE off_exchange_flag AND NOT cancelled GROUP BY nbbo_side ORDER BY prints DESC, nbbo_side"
)
_INFERRED: Final = (
    "SELECT kind, status, count() AS events FROM dark_inferred FINAL GROUP BY kind, status "
    "ORDER BY kind, status"
)


@dataclass(frozen=True, slots=True)
class OffExchange:
    """
    How much of an underlying was reported off-exchange.

    Parameters
    ----------
    underlying_id : str
        Root symbol.
    prints, off_exchange_prints : int
        Prints that stand: cancels have taken theirs away.
    shares, off_exchange_shares : float | None
        Those of its one-minute bars, so what conditions take out of the volume is not in them;
        null where it has no bars.
    """

    underlying_id: str
    prints: int
    off_exchange_prints: int
    shares: float | None
    off_exchange_shares: float | None


@dataclass(frozen=True, slots=True)
class SideCount:
    """
    Off-exchange prints of a side of the quote.

    Parameters
    ----------
    prints : int
        How many.
    shares : float
        Their shares.
    """

    prints: int
    shares: float


@dataclass(slots=True)
class EquitiesReport:
    """
    What a run came to in equities; empty where there are no equity prints.

    Parameters
    ----------
    off_exchange : list of OffExchange
        By underlying, most prints first.
    sides : dict
        Off-exchange prints by `nbbo_side`, cancelled ones left out, most prints first.
    inferred : dict
        Events of `dark.inferred` by kind and status.
    """

    off_exchange: list[OffExchange] = field(default_factory=list)
    sides: dict[str, SideCount] = field(default_factory=dict)
    inferred: dict[str, dict[str, int]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return asdict(self)


def equities_report(tables: Store) -> EquitiesReport:
    """Read the report off the tables."""
    out = EquitiesReport()
    for row in tables.rows(_UNDERLYINGS):
        out.off_exchange.append(
            OffExchange(
                str(row["underlying_id"]),
                int(row["prints"]),
                int(row["off"]),
                _or_none(row["volume"]),
                _or_none(row["off_volume"]),
            )
        )
    for row in tables.rows(_SIDES):
        out.sides[row["nbbo_side"]] = SideCount(int(row["prints"]), float(row["shares"]))
    for row in tables.rows(_INFERRED):
        out.inferred.setdefault(row["kind"], {})[row["status"]] = int(row["events"])
    return out


def _or_none(value: float | None) -> float | None:
    return None if value is None else float(value)
