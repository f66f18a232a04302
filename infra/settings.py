"""
Every setting of Islandflow, read once from the environment and `.env`.

Nothing else reads the environment. Names follow the tables of the specifications; a malformed or
unknown value is refused at start with the variable's name and what it takes.
"""

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal
from typing import TypeVar

import msgspec
from dotenv import dotenv_values
from pydantic import Field
from pydantic import ValidationError
from pydantic_settings import BaseSettings
from pydantic_settings import SettingsConfigDict

from flows.equities.config import EquitiesConfig
from flows.errors import MisconfiguredFlow
from flows.options.config import OptionsConfig
from flows.premium.config import INDEX_PRODUCTS
from flows.premium.config import PremiumConfig
from infra.equities_settings import EQUITIES_VARIABLES
from infra.errors import MisconfiguredInfra
from infra.gateway_settings import GatewaySettings
from infra.options_settings import OPTIONS_VARIABLES

ENV_FILE_VARIABLE = "ISLANDFLOW_ENV_FILE"
_CONFIG = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)


class ServiceSettings(BaseSettings):
    """Where the services are; an empty address means the embedded one."""

    model_config = _CONFIG

    islandflow_data_dir: Path = Field(Path("data"), description="folder of log, tables and state")
    kafka_brokers: str = Field("", description="host:port[,host:port] of a Kafka-compatible log")
    schema_registry_url: str = Field("", description="http address of the schema registry")
    clickhouse_url: str = Field("", description="http address of ClickHouse")
    clickhouse_database: str = Field("islandflow", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    redis_url: str = Field("", description="redis:// address")
    embedded_host: str = Field("127.0.0.1", description="bind address of the embedded services")
    embedded_kafka_port: int = Field(19092, ge=0, le=65535, description="0 takes a free port")
    embedded_registry_port: int = Field(18081, ge=0, le=65535)
    embedded_clickhouse_port: int = Field(18123, ge=0, le=65535)
    embedded_redis_port: int = Field(16379, ge=0, le=65535)
    embedded_fsync_ms: int = Field(100, ge=1, le=60_000, description="longest time unsynced")


class FlowSettings(BaseSettings):
    """How dataflows read, batch and recover."""

    model_config = _CONFIG

    flow_batch_records: int = Field(1000, ge=1, le=100_000, description="records per batch")
    flow_max_idle_ms: int = Field(50, ge=0, le=60_000, description="wait for a caught-up topic")
    flow_tick_ms: int = Field(100, ge=10, le=60_000, description="watermark tick on a quiet tape")
    flow_stop_at_end: bool = Field(False, description="stop where the log ended at start")
    flow_epoch_s: float = Field(30.0, gt=0, le=3600, description="seconds between snapshots")
    compute_deliver_policy: Literal["new", "all"] = "new"
    compute_consumer_reset: bool = False
    baseline_snapshot: str = Field(
        "auto",
        pattern=r"^(auto|none|bs:[^:,\s]+:[^:,\s]+(,bs:[^:,\s]+:[^:,\s]+)*)$",
        description="auto, none or ids of the baselines a flow without state starts from",
    )
    refdata_contracts_path: str = Field("", description="JSON list of contract definitions")
    candle_cache_bars: int = Field(2000, ge=1, le=10_000, description="newest bars kept in Redis")
    candle_cache_ttl_sec: int = Field(345_600, ge=60, description="life of bars without company")
    flow_namespace: str = Field("", description="prefix of all topics written; a replay's")
    flow_raw_namespace: str = Field("", description="prefix of the raw topics read, with marks")
    flow_from_ns: int = Field(0, ge=0, description="event time a flow without state starts at")
    flow_until_ns: int = Field(0, ge=0, description="event time a flow ends before, 0 for none")
    flow_keys: str = Field("", description="underlyings read, comma-separated; empty for all")
    flow_ticks: bool = Field(True, description="wall time closes windows on a quiet tape")
    persist_batch_rows: int = Field(10_000, ge=1, le=1_000_000, description="rows per insert")
    persist_max_wait_ms: int = Field(1000, ge=1, le=60_000, description="longest time unwritten")


class FeedSettings(BaseSettings):
    """Which feed runs and how."""

    model_config = _CONFIG

    options_ingest_adapter: Literal["synthetic", "file"] = "synthetic"
    equities_ingest_adapter: Literal["synthetic", "file"] = "synthetic"
    equities_source: str = Field(
        "",
        pattern=r"^[A-Za-z0-9_\-]*(,[A-Za-z0-9_\-]+)*$",
        description="sources of prints that are aggregated, empty for the adapter's, all for any",
    )
    strategies_path: str = Field("", description="YAML of strategies, empty for the packaged ones")
    emit_interval_ms: int = Field(1000, ge=10, le=60_000, description="synthetic cadence")
    synthetic_market_mode: Literal["realistic", "active", "firehose"] = "realistic"
    synthetic_options_mode: Literal["", "realistic", "active", "firehose"] = ""
    synthetic_equities_mode: Literal["", "realistic", "active", "firehose"] = ""
    synthetic_seed: int = Field(1, ge=0, description="same seed, same market")
    synthetic_start: Literal["session", "now"] = Field(
        "session", description="while the exchange is closed, begin in its last session, or now"
    )
    synthetic_labels_path: str = Field("", description="labels.jsonl of scenarios, empty for none")
    file_feed_path: str = ""
    file_feed_format: Literal[
        "auto",
        "dbn",
        "cboe",
        "theta",
        "tos",
        "barchart",
        "trf",
        "lean",
        "alphavantage",
        "lean-universe",
        "calendar",
    ] = "auto"
    file_feed_date: str = Field("", pattern=r"^(\d{4}-\d{2}-\d{2})?$", description="YYYY-MM-DD")
    file_feed_symbol: str = ""
    file_feed_speed: float = Field(0.0, ge=0, description="0 flat out, else multiple of real time")
    feed_batch_records: int = Field(1000, ge=1, le=100_000)


class ReplaySettings(BaseSettings):
    """Defaults of a new replay run."""

    model_config = _CONFIG

    replay_enabled: bool = Field(False, description="`islandflow up` keeps a replay worker")
    replay_streams: str = Field(
        "options,nbbo,equities,equity-quotes",
        pattern=r"^(options|nbbo|equities|equity-quotes)(,(options|nbbo|equities|equity-quotes))*$",
        description="raw streams of a replay: options, nbbo, equities, equity-quotes",
    )
    replay_start_ts: str = Field("0", description="first event time, 0 for the first record")
    replay_end_ts: str = Field("0", description="event time a replay ends before, 0 for the end")
    replay_speed: float = Field(1.0, ge=0, le=1000, description="of a paced run; 0 is flat out")
    replay_batch_size: int = Field(200, ge=1, le=100_000, description="records at a time, paced")
    replay_log_every: int = Field(1000, ge=1, description="records between two lines of progress")


class PremiumSettings(BaseSettings):
    """How the net premium flow gathers premium; see `PremiumConfig`."""

    model_config = _CONFIG

    net_premium_emit_ms: int = Field(
        1000, description="event time between two records of a bucket, divides 60000"
    )
    net_premium_basket: str = Field(
        ",".join(INDEX_PRODUCTS), description="underlyings of the basket, comma-separated, or none"
    )
    net_premium_repeat_rows: int = Field(
        131_072, description="newest tape rows of a partition among which repeats are recognised"
    )


def premium_config(settings: PremiumSettings) -> PremiumConfig:
    """
    Return the configuration the settings make.

    Raises
    ------
    MisconfiguredInfra
        A value is out of range; the message names the variable and what it takes.
    """
    listed = settings.net_premium_basket.upper()
    names = [name.strip() for name in listed.split(",")] if listed != "NONE" else []
    try:
        return PremiumConfig(
            emit_ms=settings.net_premium_emit_ms,
            basket=tuple(dict.fromkeys(name for name in names if name)),
            repeat_rows=settings.net_premium_repeat_rows,
        )
    except MisconfiguredFlow as error:
        raise MisconfiguredInfra(str(error)) from None


# A DBN file is the vendor's own session data, so its source is the vendor.
_SOURCES: Mapping[str, tuple[str, ...]] = {
    "synthetic": ("synthetic",),
    "file": ("file-", "databento"),
}


def equities_config(values: Mapping[str, str], feed: FeedSettings) -> EquitiesConfig:
    """
    Return the equities configuration an environment asks for, without strategies.

    Parameters
    ----------
    values : Mapping[str, str]
        Environment.
    feed : FeedSettings
        Whose prints are aggregated.
    """
    chosen = feed.equities_source
    if chosen == "all":
        sources: tuple[str, ...] = ()
    elif chosen:
        sources = tuple(chosen.split(","))
    else:
        sources = _SOURCES[feed.equities_ingest_adapter]
    return msgspec.structs.replace(EQUITIES_VARIABLES.read(values), sources=sources)


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole tree."""

    services: ServiceSettings
    flow: FlowSettings
    feed: FeedSettings
    options: OptionsConfig
    premium: PremiumConfig
    equities: EquitiesConfig
    replay: ReplaySettings
    gateway: GatewaySettings


_GROUPS = (
    ServiceSettings,
    FlowSettings,
    FeedSettings,
    PremiumSettings,
    ReplaySettings,
    GatewaySettings,
)
S = TypeVar("S", bound=BaseSettings)


def variables() -> dict[str, str]:
    """Return every variable with what it takes or does, in order of the groups."""
    found = {
        name.upper(): field.description or ""
        for group in _GROUPS
        for name, field in group.model_fields.items()
    }
    return {**found, **OPTIONS_VARIABLES.docs(), **EQUITIES_VARIABLES.docs()}


def _refuse_unknown(path: Path) -> None:
    known = variables()
    for name in dotenv_values(path):
        if name not in known and name != ENV_FILE_VARIABLE:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            msg = f"{path}: {name} is not a setting of Islandflow{hint}"
            raise MisconfiguredInfra(msg)


def _load(group: type[S], env_file: Path | None) -> S:
    try:
        return group(_env_file=env_file)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper()
        msg = f"{name} is {first.get('input')!r}: {first['msg']}"
        raise MisconfiguredInfra(msg) from None


def env_file_path() -> Path | None:
    """Return the file settings are read from beside the environment, null when there is none."""
    named = os.environ.get(ENV_FILE_VARIABLE)
    path = Path(named) if named is not None else Path(".env")
    return path if named != "" and path.is_file() else None


def environment() -> dict[str, str]:
    """Return the environment laid over `.env`, as the flows and feeds started by us inherit it."""
    path = env_file_path()
    file = {} if path is None else {k: v for k, v in dotenv_values(path).items() if v is not None}
    return {**file, **os.environ}


def read_settings(values: Mapping[str, str], env_file: Path | None) -> Settings:
    """Build the tree from an environment; see `load_settings`."""
    if env_file is not None:
        _refuse_unknown(env_file)
    feed = _load(FeedSettings, env_file)
    return Settings(
        services=_load(ServiceSettings, env_file),
        flow=_load(FlowSettings, env_file),
        feed=feed,
        options=OPTIONS_VARIABLES.read(values),
        premium=premium_config(_load(PremiumSettings, env_file)),
        equities=equities_config(values, feed),
        replay=_load(ReplaySettings, env_file),
        gateway=_load(GatewaySettings, env_file),
    )


@cache
def load_settings() -> Settings:
    """
    Return the settings of this process, read once.

    Raises
    ------
    MisconfiguredInfra
        A value is malformed or `.env` names a variable that does not exist; the message names
        the variable and what it takes.
    """
    return read_settings(environment(), env_file_path())
