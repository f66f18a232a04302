"""What the operator's routes take and answer."""

from typing import Annotated
from typing import Literal

from pydantic import BaseModel
from pydantic import ConfigDict
from pydantic import Field
from pydantic import JsonValue

Name = Annotated[str, Field(min_length=1, max_length=120)]
Kind = Literal["watchlists", "presets", "workspaces", "alert-rules", "settings", "acks"]


class _Given(BaseModel):
    """What a client sends; an unknown field is refused."""

    model_config = ConfigDict(extra="forbid")


class DocumentIn(_Given):
    """A document as it is to be."""

    name: Name
    body: dict[str, JsonValue]


class DocumentOut(BaseModel):
    """A document as it is; `updated_ts` is ns UTC, decimal."""

    id: str
    name: str
    version: int
    updated_ts: str
    body: dict[str, JsonValue]


class DocumentList(BaseModel):
    """All documents of a kind, by name."""

    data: list[DocumentOut]


class BundleDocument(_Given):
    """A document of a bundle; version and time are told and not read back."""

    id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,80}$")
    name: Name
    body: dict[str, JsonValue]
    version: int = 0
    updated_ts: str = ""


class Bundle(_Given):
    """Every document of the operator, by kind."""

    version: Literal[1] = 1
    documents: dict[Kind, Annotated[list[BundleDocument], Field(max_length=200)]]


class BundleResult(BaseModel):
    """How many documents were put back."""

    restored: int


class SessionCount(BaseModel):
    """
    How often a rule would have spoken in the newest session of its stream.

    `trade_date` is null when nothing is stored; `would_fire` beyond 50,000 matches.
    """

    trade_date: str | None
    matches: int
    would_fire: int | None


class RuleIn(_Given):
    """An alert rule that is not saved yet."""

    body: dict[str, JsonValue]


class DeliveryOut(BaseModel):
    """One notification of a rule; `ts` is ns UTC, decimal."""

    event_id: str
    ts: str
    action: Literal["notification", "webhook"]
    outcome: str
    attempts: int
    host: str
    status: int | None
    error: str


class DeliveryList(BaseModel):
    """Newest notifications of a rule, and how its matches were judged since it was saved."""

    data: list[DeliveryOut]
    verdicts: dict[str, int]


class RuleTest(BaseModel):
    """What a marked sample of a rule did, and how often the rule would have spoken."""

    sample: dict[str, JsonValue]
    deliveries: list[DeliveryOut]
    last_session: SessionCount
