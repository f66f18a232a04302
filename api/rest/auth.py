"""Log in and out, and the tokens of programs; gateway specification, 11."""

from typing import Annotated
from typing import Final
from typing import Literal

from fastapi import APIRouter
from fastapi import Depends
from fastapi import Path
from fastapi import Request
from fastapi import Response
from pydantic import BaseModel
from pydantic import ConfigDict
from pydantic import Field
from pydantic import SecretStr

from api.params import known_parameters
from api.problems import Problem
from api.problems import parameter_problem
from api.security.auth import Security
from api.security.origin import Peer
from api.security.passwords import MAX_LENGTH
from api.security.principal import LOCAL
from api.security.principal import Principal
from api.security.principal import needs
from api.security.principal import principal_of
from api.security.sessions import ABSOLUTE_S
from api.security.sessions import digest
from api.security.tokens import MAX_NAME
from api.security.tokens import Token
from api.services import Services
from api.services import services
from infra.errors import MisconfiguredInfra

router = APIRouter(prefix="/auth", tags=["auth"], dependencies=[Depends(known_parameters)])

_NS: Final = 1_000_000_000


class LoginBody(BaseModel):
    """The operator's password."""

    model_config = ConfigDict(extra="forbid")

    password: SecretStr = Field(min_length=1, max_length=MAX_LENGTH)


class SessionBody(BaseModel):
    """Who asks, and until when at the latest."""

    name: str
    kind: Literal["local", "session", "token"]
    scopes: list[str]
    ends_ts: str | None = Field(description="ns; null when nothing ends it")
    login: str = Field(description="password, or none where API_AUTH is disabled")


class NewToken(BaseModel):
    """What a token is to be called and may do."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=MAX_NAME)
    scopes: list[Literal["read", "operate", "sql", "admin"]] = Field(min_length=1, max_length=4)


class TokenBody(BaseModel):
    """A token without its secret."""

    id: str
    name: str
    scopes: list[str]
    created_ts: str


class MadeToken(TokenBody):
    """A token with its secret, which is not shown again."""

    token: str


class TokenList(BaseModel):
    """All tokens, oldest first."""

    data: list[TokenBody]


def _security(found: Annotated[Services, Depends(services)]) -> Security:
    return found.security


def _peer(request: Request, security: Annotated[Security, Depends(_security)]) -> Peer:
    return security.origins.peer(request.scope)


Gate = Annotated[Security, Depends(_security)]
From = Annotated[Peer, Depends(_peer)]
_ADMIN = [needs("admin")]


@router.post("/login", response_model=SessionBody, summary="Begin a session")
async def login(
    body: LoginBody, request: Request, response: Response, security: Gate, peer: From
) -> SessionBody:
    """Check the password and set the session's cookie; a session before it ends."""
    if security.login_mode == "none":
        return _session_body(LOCAL, security)
    session_id = await security.login(body.password.get_secret_value(), peer)
    name = security.cookie_name(peer)
    before = request.cookies.get(name, "")
    if before:
        await security.sessions.end(digest(before))
    response.set_cookie(
        name,
        session_id,
        max_age=ABSOLUTE_S,
        path="/",
        secure=peer.is_secure,
        httponly=True,
        samesite="strict",
    )
    principal = await security.sessions.find(session_id)
    if principal is None:
        raise Problem("dependency_down", "Redis did not keep the session; try again")
    return _session_body(principal, security)


@router.get("/session", response_model=SessionBody, summary="Who asks")
async def session(request: Request, security: Gate) -> SessionBody:
    """Return who asks and what they may do."""
    return _session_body(principal_of(request), security)


@router.post("/logout", status_code=204, summary="End the session")
async def logout(request: Request, security: Gate, peer: From) -> Response:
    """End the session of the cookie; a token goes on until it is removed."""
    principal = principal_of(request)
    if principal.kind == "session":
        await security.sessions.end(principal.key)
    response = Response(status_code=204)
    response.delete_cookie(
        security.cookie_name(peer),
        path="/",
        secure=peer.is_secure,
        httponly=True,
        samesite="strict",
    )
    return response


@router.get("/tokens", response_model=TokenList, summary="List tokens", dependencies=_ADMIN)
def list_tokens(security: Gate) -> TokenList:
    """Return all tokens without their secrets; needs the scope `admin`."""
    return TokenList(data=[_shown(each) for each in security.tokens.all()])


@router.post(
    "/tokens",
    response_model=MadeToken,
    status_code=201,
    summary="Make a token",
    dependencies=_ADMIN,
)
def make_token(body: NewToken, security: Gate) -> MadeToken:
    """Make a token and show its secret this once; needs the scope `admin`."""
    try:
        made, secret = security.tokens.create(body.name, body.scopes)
    except MisconfiguredInfra as error:
        raise parameter_problem("name", str(error)) from None
    return MadeToken(**_shown(made).model_dump(), token=secret)


@router.delete("/tokens/{token_id}", status_code=204, summary="Remove a token", dependencies=_ADMIN)
def remove_token(
    token_id: Annotated[str, Path(max_length=64)],
    security: Gate,
) -> Response:
    """Remove a token; its sockets end within a minute. Needs the scope `admin`."""
    if security.tokens.remove(token_id) is None:
        raise Problem("not_found", "no such token; GET /auth/tokens lists them")
    return Response(status_code=204)


def _session_body(principal: Principal, security: Security) -> SessionBody:
    ends_at_s = principal.ends_at_s
    return SessionBody(
        name=principal.name,
        kind=principal.kind,
        scopes=sorted(principal.scopes),
        ends_ts=None if ends_at_s is None else str(int(ends_at_s * _NS)),
        login=security.login_mode,
    )


def _shown(token: Token) -> TokenBody:
    return TokenBody(
        id=token.id, name=token.name, scopes=list(token.scopes), created_ts=token.created_ts
    )
