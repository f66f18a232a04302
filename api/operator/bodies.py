"""What each kind of document holds; gateway specification, 5 "Operator documents"."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated
from typing import Any
from typing import Final
from typing import Literal

from pydantic import BaseModel
from pydantic import ConfigDict
from pydantic import Field
from pydantic import JsonValue
from pydantic import ValidationError
from pydantic import field_validator
from pydantic import model_validator

from api.live.filters import parse_filters
from api.operator.rules import dedupe_path
from api.problems import Problem
from api.problems import parameter_problem
from api.streams import stream_of
from api.webhooks import target_of

MAX_COOLDOWN_S: Final = 86_400
MAX_WEBHOOKS: Final = 4
SOUNDS: Final = 6
_TIME_OF_DAY: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")

Symbol = Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9.$^/\-]{0,20}$")]
Nanos = Annotated[str, Field(pattern=r"^\d{19}$", description="ns UTC, decimal")]
Text = Annotated[str, Field(max_length=200)]


class _Body(BaseModel):
    """A shape with its version; what it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    v: Literal[1] = Field(1, description="version of the shape")


class _OwnBody(_Body):
    """A shape that is the terminal's own beyond what others read of it."""

    model_config = ConfigDict(extra="allow", frozen=True)


class WatchlistBody(_Body):
    """Symbols in the operator's order."""

    symbols: list[Symbol] = Field(max_length=500)
    pinned: list[Symbol] = Field([], max_length=500)


class PresetBody(_Body):
    """Filters of a stream under a name."""

    stream: Text
    filters: dict[str, JsonValue] = {}

    @model_validator(mode="after")
    def _filters_are_the_streams(self) -> "PresetBody":
        _check_filters(self.stream, self.filters)
        return self


class WorkspaceBody(_OwnBody):
    """Layout of a screen; what its panes hold is the terminal's own."""

    key: int | None = Field(None, ge=1, le=9, description="the digit that calls it")


class SettingsBody(_OwnBody):
    """Preferences of the terminal."""


class Muted(BaseModel):
    """Something that is not shown as new."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["alert", "symbol", "classifier"]
    value: Text
    until_ts: Nanos | None = Field(None, description="ns UTC; null for the whole date")


class AcksBody(_Body):
    """Alerts seen or muted on one trading date."""

    trade_date: date
    seen: list[Text] = Field([], max_length=5000)
    muted: list[Muted] = Field([], max_length=500)


class QuietHours(BaseModel):
    """Times of day, Eastern, between which nothing is notified; may go over midnight."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    start: str = Field(alias="from", description="HH:MM Eastern")
    end: str = Field(alias="to", description="HH:MM Eastern, excluded")

    @field_validator("start", "end")
    @classmethod
    def _is_time_of_day(cls, value: str) -> str:
        if not _TIME_OF_DAY.fullmatch(value):
            msg = "expected HH:MM"
            raise ValueError(msg)
        return value


class WebhookAction(BaseModel):
    """POST each match to an address."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["webhook"]
    url: Annotated[str, Field(max_length=2000)]
    secret: Annotated[str, Field(min_length=16, max_length=256)] | None = Field(
        None, description="key of the signature; made when none is given"
    )

    @field_validator("url")
    @classmethod
    def _is_https(cls, value: str) -> str:
        # The resolved address is looked at when it is called: names change what they mean.
        return target_of(value).url


class SoundAction(BaseModel):
    """Let the terminal play a sound."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["sound"]
    sound: int = Field(1, ge=1, le=SOUNDS)
    volume: float = Field(1.0, ge=0, le=1)


class DesktopAction(BaseModel):
    """Let the terminal raise a desktop notice."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["desktop"]


Action = Annotated[WebhookAction | SoundAction | DesktopAction, Field(discriminator="kind")]


class AlertRuleBody(_Body):
    """When to tell the operator, and how."""

    enabled: bool = True
    stream: Text
    filters: dict[str, JsonValue] = {}
    cooldown_s: int = Field(300, ge=0, le=MAX_COOLDOWN_S)
    dedupe_by: Literal["underlying", "contract", "classifier"] = "underlying"
    quiet_hours: QuietHours | None = None
    snooze_until: Nanos | None = None
    max_per_hour: int | None = Field(None, ge=1, le=3600, description="null for no bound")
    actions: list[Action] = Field([], max_length=MAX_WEBHOOKS + 2)

    @model_validator(mode="after")
    def _is_of_its_stream(self) -> "AlertRuleBody":
        _check_filters(self.stream, self.filters)
        if dedupe_path(stream_of(self.stream), self.dedupe_by) == "":
            msg = f"records of {self.stream} have no {self.dedupe_by} to tell them apart by"
            raise ValueError(msg)
        return self


BODIES: Final[Mapping[str, type[_Body]]] = {
    "watchlists": WatchlistBody,
    "presets": PresetBody,
    "workspaces": WorkspaceBody,
    "alert-rules": AlertRuleBody,
    "settings": SettingsBody,
    "acks": AcksBody,
}
KINDS: Final = tuple(BODIES)


def validated(kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return a body with its defaults filled in.

    Raises
    ------
    Problem
        `parameter_invalid`: it is not of its kind's shape; each field is named.
    """
    try:
        found = BODIES[kind].model_validate(dict(body))
    except ValidationError as error:
        errors = [
            (".".join(str(part) for part in ("body", *each["loc"])), str(each["msg"]))
            for each in error.errors(include_url=False, include_input=False)
        ]
        detail = "; ".join(f"{field}: {message}" for field, message in errors[:5])
        raise Problem("parameter_invalid", detail, errors=errors[:100]) from error
    return found.model_dump(mode="json", by_alias=True)


def rule_of(body: Mapping[str, Any]) -> AlertRuleBody:
    """
    Return an alert rule as it is worked with.

    Raises
    ------
    Problem
        `parameter_invalid`: it is none, or not any more.
    """
    return AlertRuleBody.model_validate(validated("alert-rules", body))


def _check_filters(stream: str, filters: Mapping[str, object]) -> None:
    # The grammar's own words name the parameter, which is all that a reader needs of it.
    try:
        parse_filters(stream_of(stream), filters)
    except Problem as problem:
        raise ValueError(problem.detail) from problem


def check_kind(kind: str) -> str:
    """
    Return a kind of documents if it is one.

    Raises
    ------
    Problem
        `parameter_invalid`: it is none.
    """
    if kind not in BODIES:
        raise parameter_problem("kind", f"{kind!r} is none of {', '.join(KINDS)}")
    return kind
