"""Environment variables of the equities pipeline."""

from collections.abc import Iterator
from typing import Final

from flows.equities.config import EquitiesConfig
from infra.config_variables import ConfigVariables
from infra.config_variables import groups_of

# A threshold's variable is its group's prefix and its field's name, unless it is listed below.
_PREFIXES: Final = {
    "join": "EQUITY_JOIN_",
    "candles": "CANDLE_",
    "orderflow": "AGGRESSION_",
    "profile": "PROFILE_",
    "dark": "DARK_",
    "state": "STATE_",
    "lvn": "LVN_",
    "signals": "SIGNAL_",
    "corrections": "CORRECTION_",
}
_NAMES: Final = {
    ("join", "quote_max_age_ms"): "EQUITY_QUOTE_MAX_AGE_MS",
    ("join", "staleness_basis"): "EQUITY_QUOTE_STALENESS_BASIS",
    ("join", "change_max_age_ms"): "EQUITY_QUOTE_CHANGE_MAX_AGE_MS",
    ("join", "book_ms"): "EQUITY_QUOTE_BOOK_MS",
    ("join", "book_quotes"): "EQUITY_QUOTE_BOOK_QUOTES",
    ("join", "exec_lead_ms"): "EQUITY_EXEC_LEAD_MS",
    ("join", "kept_joins"): "EQUITY_JOINS_KEPT",
    ("join", "kept_min"): "EQUITY_JOINS_KEPT_MIN",
    ("candles", "fast_to_ms"): "CANDLE_FORMING_FAST_TO_MS",
    ("orderflow", "late_hours"): "ORDER_FLOW_LATE_HOURS",
    ("dark", "is_extended"): "DARK_EXTENDED",
    ("dark", "block_min_shares"): "DARK_BLOCK_MIN",
    ("dark", "accumulate_min_shares"): "DARK_ACCUMULATE_MIN",
    ("dark", "accumulate_min_prints"): "DARK_ACCUMULATE_PRINTS",
    ("dark", "print_min_shares"): "DARK_PRINT_MIN",
    ("dark", "max_spread_pct"): "DARK_SPREAD_MAX_PCT",
    ("dark", "zone_min_shares"): "DARK_ZONE_MIN",
    ("dark", "zone_min_prints"): "DARK_ZONE_PRINTS",
    ("dark", "zone_min_touches"): "DARK_ZONE_TOUCHES",
}


def _table() -> Iterator[tuple[str, str, str]]:
    for group, struct in groups_of(EquitiesConfig).items():
        for field in struct.__struct_fields__:
            name = _NAMES.get((group, field), f"{_PREFIXES[group]}{field.upper()}")
            yield name, group, field


EQUITIES_VARIABLES: Final = ConfigVariables(EquitiesConfig, _table())
