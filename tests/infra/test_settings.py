"""Settings are read once, from the environment over a file, and refused by name."""

from pathlib import Path

import msgspec
import pytest

from infra.errors import MisconfiguredInfra
from infra.options_settings import OPTIONS_VARIABLES
from infra.settings import env_file_path
from infra.settings import environment
from infra.settings import read_settings
from infra.settings import variables


def load(
    values: dict[str, str], monkeypatch: pytest.MonkeyPatch, file: Path | None = None
) -> object:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return read_settings(environment(), file)


def test_every_field_of_the_options_configuration_has_a_variable() -> None:
    config = OPTIONS_VARIABLES.read({})
    fields = {
        (group, field)
        for group in config.__struct_fields__
        if isinstance(getattr(config, group), msgspec.Struct)
        for field in getattr(config, group).__struct_fields__
    }
    assert {(variable.group, variable.field) for variable in OPTIONS_VARIABLES.variables} == fields


def test_values_are_converted_to_their_fields() -> None:
    config = OPTIONS_VARIABLES.read(
        {
            "NBBO_MAX_AGE_MS": "250",
            "OPTIONS_SIGNAL_MODE": "balanced",
            "OPTIONS_SIGNAL_ETF_UNDERLYINGS": "SPY, QQQ",
            "OPTIONS_SIGNAL_LARGE_SIZE": "900",
            "ALERT_MIN_SCORE": "",
        }
    )
    assert config.quotes.max_age_ms == 250.0
    assert config.signal.mode == "balanced"
    assert config.signal.etf_underlyings == ("SPY", "QQQ")
    assert config.signal.thresholds().large_size == 900
    assert config.inference.alert_min_score == 25


def test_one_lookback_serves_packets_and_alerts() -> None:
    config = OPTIONS_VARIABLES.read({"CANCEL_LOOKBACK_MS": "60000"})
    assert config.cluster.cancel_lookback_ms == config.inference.cancel_lookback_ms == 60_000


def test_one_time_to_live_serves_contracts_and_baselines() -> None:
    config = OPTIONS_VARIABLES.read({"ROLLING_TTL_SEC": "7200"})
    assert config.cluster.rolling_ttl_sec == config.baselines.ttl_sec == 7200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FOLLOW_THROUGH_SEC", "9"),
        ("CLASSIFIER_Z_MIN_SAMPLES", "1"),
        ("CLASSIFIER_ZERO_DTE_MAX_ATM_PCT", "1.5"),
        ("NBBO_MAX_AGE_MS", "soon"),
        ("NBBO_MAX_AGE_MS", "-1"),
        ("CLUSTER_WINDOW_MS", "100"),
        ("CLUSTER_WINDOW_MS", "250.5"),
        ("OPTIONS_SIGNAL_MODE", "loud"),
        ("FLOW_BATCH_RECORDS", "0"),
        ("FLOW_STOP_AT_END", "perhaps"),
        ("SYNTHETIC_MARKET_MODE", "wild"),
        ("CLICKHOUSE_DATABASE", "a; DROP"),
        ("EMBEDDED_KAFKA_PORT", "70000"),
    ],
)
def test_a_wrong_value_is_refused_with_the_name_of_its_variable(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(MisconfiguredInfra, match=name):
        load({name: value}, monkeypatch)


@pytest.mark.parametrize(("text", "expected"), [("false", False), ("0", False), ("true", True)])
def test_the_word_false_is_false(
    text: str, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOW_STOP_AT_END", text)
    assert read_settings(environment(), None).flow.flow_stop_at_end is expected


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "settings"
    file.write_text("FLOW_BATCH_RECORDS=7\nCLUSTER_WINDOW_MS=700\n")
    monkeypatch.setenv("ISLANDFLOW_ENV_FILE", str(file))
    monkeypatch.setenv("FLOW_BATCH_RECORDS", "9")
    settings = read_settings(environment(), env_file_path())
    assert settings.flow.flow_batch_records == 9
    assert settings.options.cluster.window_ms == 700


def test_a_misspelt_name_in_the_file_is_refused_with_the_near_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "settings"
    file.write_text("NBBO_MAX_AGE=7\n")
    with pytest.raises(MisconfiguredInfra, match="did you mean NBBO_MAX_AGE_MS"):
        load({}, monkeypatch, file)


def test_an_empty_name_of_the_file_means_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISLANDFLOW_ENV_FILE", "")
    assert env_file_path() is None


def test_every_variable_says_what_it_is() -> None:
    assert len(variables()) > 60
