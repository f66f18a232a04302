"""Settings of the net premium flow become its configuration, or are refused by name."""

import pytest

from flows.premium.config import INDEX_PRODUCTS
from flows.premium.config import PremiumConfig
from infra.errors import MisconfiguredInfra
from infra.settings import environment
from infra.settings import read_settings
from infra.settings import variables

NAMES = ("NET_PREMIUM_EMIT_MS", "NET_PREMIUM_BASKET", "NET_PREMIUM_REPEAT_ROWS")


def premium(monkeypatch: pytest.MonkeyPatch, **values: str) -> PremiumConfig:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return read_settings(environment(), None).premium


def test_defaults_are_those_of_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    assert premium(monkeypatch) == PremiumConfig()
    assert PremiumConfig().basket == INDEX_PRODUCTS
    assert set(NAMES) <= set(variables())


@pytest.mark.parametrize(
    ("text", "basket"),
    [(" spy, QQQ,,spy ", ("SPY", "QQQ")), ("BRK.B", ("BRK.B",)), ("none", ())],
)
def test_a_basket_is_a_list_of_roots(
    text: str, basket: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert premium(monkeypatch, NET_PREMIUM_BASKET=text).basket == basket


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NET_PREMIUM_EMIT_MS", "7"),
        ("NET_PREMIUM_EMIT_MS", "often"),
        ("NET_PREMIUM_BASKET", "S&P"),
        ("NET_PREMIUM_REPEAT_ROWS", "0"),
    ],
)
def test_a_wrong_value_is_refused_by_name(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(MisconfiguredInfra, match=name):
        premium(monkeypatch, **{name: value})
