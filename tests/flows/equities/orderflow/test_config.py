"""What the order flow's configuration accepts."""

import pytest

from flows.equities.orderflow.config import OrderFlowConfig
from flows.errors import MisconfiguredFlow


def test_defaults_are_those_of_the_specification() -> None:
    config = OrderFlowConfig()

    assert config.presets == ("live-1", "strategy-1")
    assert (config.momentum_min, config.mean_bars, config.min_bars) == (5, 60, 10)
    assert config.late_hours == 4


@pytest.mark.parametrize(
    ("variable", "changes"),
    [
        ("AGGRESSION_PRESETS is 'live-2'", {"presets": ("live-2",)}),
        ("AGGRESSION_PRESETS is ''", {"presets": ()}),
        ("AGGRESSION_PRESETS is 'live-1,live-1'", {"presets": ("live-1", "live-1")}),
        ("AGGRESSION_MOMENTUM_MIN is 0", {"momentum_min": 0}),
        ("AGGRESSION_MEAN_BARS is 391", {"mean_bars": 391}),
        ("AGGRESSION_MIN_BARS is 61, expected 1 to 60", {"min_bars": 61}),
        ("ORDER_FLOW_LATE_HOURS is 9", {"late_hours": 9}),
    ],
)
def test_what_is_out_of_range_is_refused_by_name(variable: str, changes: dict[str, object]) -> None:
    with pytest.raises(MisconfiguredFlow, match=variable):
        OrderFlowConfig(**changes)  # type: ignore[arg-type]


def test_hash_follows_the_thresholds() -> None:
    assert OrderFlowConfig().config_hash == OrderFlowConfig().config_hash
    assert OrderFlowConfig().config_hash != OrderFlowConfig(mean_bars=30).config_hash
    assert OrderFlowConfig().config_hash != OrderFlowConfig(presets=("live-1",)).config_hash
