"""Views with the earlier table names: newest revisions, cancels applied."""

from collections.abc import Iterable
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Final

# Each view and the table it reads.
VIEWS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ticks": "equities_prints",
        "candles": "equities_candles",
        "volume_profile": "equities_profile",
        "profile_metrics": "equities_profile",
        "order_flow": "equities_order_flow",
        "market_state": "equities_state",
    }
)


def views_of(tables: Iterable[str]) -> list[str]:
    """Return the views that read some of the tables."""
    present = frozenset(tables)
    return [view for view, table in VIEWS.items() if table in present]


def view_statement(view: str) -> str:
    """
    Return the CREATE OR REPLACE VIEW of a view.

    A view holds no rows, so replacing it loses nothing, and a changed text takes effect. It says
    `FINAL`: of a record that was revised, or written twice, the newest revision is seen once.

    Source: equities specification, 3.
    """
    text = files("schemas").joinpath("clickhouse", "views", f"{view}.sql").read_text("utf-8")
    return text.strip()
