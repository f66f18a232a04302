"""`BASELINE_SNAPSHOT` takes what the warm start understands, and nothing else."""

import pytest

from connectors.redis.warm_start import check_choice
from infra.errors import MisconfiguredInfra
from infra.settings import read_settings

GOOD = (
    "auto",
    "none",
    "bs:SPY:2025-05-22",
    "bs:*:2025-05-22",
    "bs:BRK.B:2025-05-22,bs:SPY:2025-05-22@17",
)


def test_the_newest_snapshot_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BASELINE_SNAPSHOT", raising=False)

    assert read_settings({}, None).flow.baseline_snapshot == "auto"


@pytest.mark.parametrize("choice", GOOD)
def test_a_choice_the_setting_takes_is_one_the_warm_start_takes(
    monkeypatch: pytest.MonkeyPatch, choice: str
) -> None:
    monkeypatch.setenv("BASELINE_SNAPSHOT", choice)

    found = read_settings({}, None).flow.baseline_snapshot

    assert found == choice
    assert check_choice(found) == (() if choice in {"auto", "none"} else tuple(choice.split(",")))


@pytest.mark.parametrize("choice", ["newest", "bs:SPY", "bs:SPY:2025-05-22,none", "SPY:2025-05-22"])
def test_anything_else_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch, choice: str) -> None:
    monkeypatch.setenv("BASELINE_SNAPSHOT", choice)

    with pytest.raises(MisconfiguredInfra, match="BASELINE_SNAPSHOT is"):
        read_settings({}, None)
