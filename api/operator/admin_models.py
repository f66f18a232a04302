"""What the routes of the synthetic market take and answer; gateway specification, 7."""

from typing import Annotated
from typing import Literal

from pydantic import BaseModel
from pydantic import ConfigDict
from pydantic import Field

Mode = Literal["realistic", "active", "firehose"]
Factor = Annotated[float, Field(ge=0, le=10, description="multiple of the mode's rate")]
Symbol = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9.]{0,9}$")]


class Factors(BaseModel):
    """Multiples of what the mode emits."""

    model_config = ConfigDict(extra="forbid")

    prints: Factor = 1.0
    quotes: Factor = 1.0
    scenarios: Factor = 1.0


class Injection(BaseModel):
    """A scenario that is begun once, after its lead of 5 or 61 seconds."""

    model_config = ConfigDict(extra="forbid")

    scenario: Annotated[str, Field(max_length=64)]
    symbol: Symbol | None = Field(default=None, description="null for any that suits and is free")


class SyntheticIn(BaseModel):
    """
    How the market is to be; what is left out stays as it is.

    `seed` and `preset` cannot be changed while a session runs: another value is refused.
    """

    model_config = ConfigDict(extra="forbid")

    mode: Mode | None = None
    equities_mode: Mode | None = None
    seed: int | None = None
    preset: str | None = None
    factors: Factors | None = None
    focus: Annotated[list[Symbol], Field(max_length=20)] | None = None
    inject: Injection | None = None
    command_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None


class SyntheticControlOut(BaseModel):
    """How the market is; `equities_mode` is null where stocks are quoted only."""

    session: str
    seed: int
    mode: str
    equities_mode: str | None
    factors: Factors
    focus: list[str]
    modes: list[str]
    scenarios: list[str]


class SyntheticStatusOut(BaseModel):
    """
    How the feed is doing; times are ns UTC, decimal.

    `tick` counts from the session's start; `error` says why the newest request was not met.
    """

    session: str
    seed: int
    mode: str
    tick: int
    market_ts: str
    stated_ts: str
    last_command_id: str
    error: str
