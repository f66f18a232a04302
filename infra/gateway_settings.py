"""Settings of the gateway; names and defaults as in the gateway specification, 2."""

from typing import Final
from typing import Literal

from pydantic import Field
from pydantic import SecretStr
from pydantic_settings import BaseSettings
from pydantic_settings import SettingsConfigDict

MIB: Final = 1 << 20


class GatewaySettings(BaseSettings):
    """Where the gateway listens, whom it lets in, how much it holds and sends."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    api_host: str = Field("127.0.0.1", description="bind address of the gateway")
    api_port: int = Field(4000, ge=0, le=65535, description="0 takes a free port")
    api_auth: Literal["required", "disabled"] = Field(
        "required", description="disabled only where API_HOST is loopback"
    )
    api_password_hash: SecretStr = Field(
        SecretStr(""), description="argon2id, of islandflow auth set-password"
    )
    api_secret_key: SecretStr = Field(
        SecretStr(""), description="keys cursors and CSRF; made when empty"
    )
    api_allowed_origins: str = Field("", description="origins besides its own, comma-separated")
    api_allowed_hosts: str = Field("", description="host names besides loopback's")
    api_trusted_proxies: str = Field("", description="addresses that may set X-Forwarded-*")
    api_tls_cert: str = Field("", description="certificate file of a bind that is not loopback")
    api_tls_key: str = Field("", description="its key file")
    api_deliver_policy: Literal["new", "all"] = Field(
        "new", description="new: where the hot windows end; all: the oldest kept record"
    )
    api_consumer_reset: bool = Field(False, description="drop the hot windows at start")
    rest_default_limit: int = Field(200, ge=1, le=1000, description="rows of a page")
    live_limit_default: int = Field(1000, ge=1, le=100_000, description="depth of a hot window")
    live_limit_options: int = Field(1000, ge=1, le=100_000, description="of signal and raw each")
    live_limit_flow: int = Field(500, ge=1, le=100_000)
    live_limit_smart_money: int = Field(300, ge=1, le=100_000)
    live_limit_alerts: int = Field(300, ge=1, le=100_000)
    live_limit_news: int = Field(100, ge=1, le=100_000)
    candle_cache_bytes: int = Field(64 * MIB, ge=MIB, description="of bars the gateway holds")
    rate_limit_rest: int = Field(1200, ge=1, description="requests a minute and principal")
    rate_limit_lookup: int = Field(120, ge=1, description="of lookups, evidence, SQL, exports")
    rate_limit_ws: int = Field(120, ge=1, description="messages a minute and connection")
    rate_limit_login: int = Field(5, ge=1, description="logins a minute and address")
    ws_max_connections: int = Field(256, ge=1, description="per process")
    ws_max_subscriptions: int = Field(64, ge=1, description="per connection")
    ws_max_groups: int = Field(256, ge=1, description="distinct filters per process")
    ws_max_message_bytes: int = Field(65_536, ge=1024, description="from a client")
    ws_frame_ms_fast: int = Field(16, ge=1, le=1000, description="with at most 8 clients")
    ws_frame_ms: int = Field(33, ge=1, le=1000, description="with more")
    ws_frame_ms_slow: int = Field(50, ge=1, le=1000, description="when a tick is too much work")
    ws_outbox_bytes: int = Field(2 * MIB, ge=65_536, description="waiting for one client")
    ws_outbox_ms: int = Field(2000, ge=100, description="oldest frame waiting for one client")
    ws_resume_max_records: int = Field(50_000, ge=1, description="read again; more is a gap")
    ws_resume_max_age_s: int = Field(900, ge=1, description="age of a cursor; more is a gap")
    sql_timeout_s: float = Field(10.0, gt=0, le=600)
    sql_max_rows: int = Field(10_000, ge=1, le=1_000_000)
    sql_max_bytes: int = Field(32 * MIB, ge=1024)
    sql_max_memory: int = Field(1 << 30, ge=MIB)
    export_max_rows: int = Field(5_000_000, ge=1)
    webhook_allow_hosts: str = Field("", description="private hosts webhooks may go to")
    auto_trading_enabled: bool = Field(False, description="routes of orders and the kill switch")
    next_public_api_url: str = Field("", description="the terminal's gateway; its origin if empty")
    next_public_live_hot_window: int = Field(600, ge=1, description="rows a tape of it holds")
    next_public_live_hot_window_options: int = Field(1200, ge=1, description="of the options tape")
    next_public_nbbo_max_age_ms: int = Field(1000, ge=1, description="older quotes struck through")
    next_public_flow_filter_preset: str = Field(
        "smart-money", pattern=r"^(smart-money|balanced|all)$", description="filter at start"
    )
