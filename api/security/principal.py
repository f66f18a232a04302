"""Who asks, and what they may do."""

from dataclasses import dataclass
from typing import Final
from typing import Literal

from fastapi import Depends
from fastapi.params import Depends as Dependency
from starlette.requests import HTTPConnection

from api.security.refusals import auth_required
from api.security.refusals import scope_missing

Scope = Literal["read", "operate", "sql", "admin"]
SCOPES: Final[tuple[Scope, ...]] = ("read", "operate", "sql", "admin")


@dataclass(frozen=True, slots=True)
class Principal:
    """
    Someone the gateway lets in.

    Parameters
    ----------
    name : str
        For logs: `operator`, `local` (no authentication) or the name of a token.
    scopes : frozenset of str
        What they may do.
    kind : {"local", "session", "token"}
        How they proved it.
    key : str
        SHA-256 of the session or token, hexadecimal; empty for `local`. Never the secret itself.
    ends_at_s : float | None
        Epoch seconds of the latest end; None when there is none.
    """

    name: str
    scopes: frozenset[str]
    kind: Literal["local", "session", "token"] = "local"
    key: str = ""
    ends_at_s: float | None = None

    @property
    def bucket(self) -> str:
        """Return what requests of this principal are counted under."""
        return f"{self.kind}:{self.key or self.name}"


LOCAL: Final = Principal("local", frozenset(SCOPES))


def principal_of(connection: HTTPConnection) -> Principal:
    """
    Return who asks.

    Raises
    ------
    Problem
        `auth_required` when nobody was recognised.
    """
    found = getattr(connection.state, "principal", None)
    if isinstance(found, Principal):
        return found
    raise auth_required()


def needs(scope: Scope) -> Dependency:
    """
    Return a dependency that lets in only who has a scope.

    Use it on a router or route, `dependencies=[needs("sql")]`, or as a parameter,
    `principal: Annotated[Principal, needs("sql")]`.

    Raises
    ------
    Problem
        `auth_required` for nobody, `scope_missing` for somebody without the scope.
    """

    def check(connection: HTTPConnection) -> Principal:
        principal = principal_of(connection)
        if scope not in principal.scopes:
            raise scope_missing(scope)
        return principal

    # mypy sees a plain function; FastAPI wants the marker in the place of a value.
    return Depends(check)  # type: ignore[no-any-return]
