"""Which paths are open, what the others need, and which are counted as lookups."""

import re
from typing import Final
from urllib.parse import parse_qsl

from api.security.csrf import SAFE_METHODS
from api.security.principal import Scope
from api.security.refusals import refused
from api.security.tokens import PREFIX

LOGIN: Final = "/auth/login"
METRICS: Final = "/metrics"
# Answered in constant time from what is known; what asks them every second is no flood.
PROBES: Final = frozenset({"/health", "/ready"})
_OPEN: Final = PROBES | {"/", "/app", "/config/ui"}
_STATIC: Final = "/app/"
_LOOKUP: Final = re.compile(
    r"/(?:evidence(?:/.*)?|sql(?:/.*)?|export/.+|prints/options/by-trace|news/.+"
    r"|flow/(?:packets|smart-money|classifier-hits|alerts)/.+)",
    re.DOTALL,
)
_ADMIN: Final = re.compile(r"/(?:admin|trading|ops)(?:/.*)?", re.DOTALL)
# Whoever is let in may ask who they are and leave.
_FOR_ALL: Final = frozenset({"/auth/session", "/auth/logout", LOGIN})
_READING_POSTS: Final = frozenset({"/evidence/batch"})
# Names under which a secret would end in histories, logs and referrers.
_SECRET_NAMES: Final = frozenset(
    {
        *("token", "access_token", "auth_token", "id_token", "bearer", "authorization", "jwt"),
        *("api_key", "apikey", "secret", "password", "session", "session_id", "sid"),
    }
)
_TOKEN: Final = re.compile(re.escape(PREFIX) + r"[A-Za-z0-9_\-]+")


def is_open(method: str, path: str) -> bool:
    """Say whether anybody may ask; gateway specification, 11, first row."""
    if path == LOGIN:
        return method == "POST"
    return method in SAFE_METHODS and (path in _OPEN or is_static(path))


def is_static(path: str) -> bool:
    """Say whether a path is of the terminal's files: code, no data."""
    return path.startswith(_STATIC)


def is_lookup(path: str) -> bool:
    """Say whether a path is counted under `RATE_LIMIT_LOOKUP`."""
    return _LOOKUP.fullmatch(path) is not None


def scope_of(method: str, path: str) -> Scope | None:
    """
    Return the least scope a path needs; routes may ask for more.

    Said here for every path there is or will be, so that a route that forgets to say it is not
    open: what reads needs `read`, what writes `operate`.
    """
    if path in _FOR_ALL:
        return None
    if path == "/sql" or path.startswith("/sql/"):
        return "sql"
    if path == "/auth/tokens" or path.startswith("/auth/tokens/"):
        return "admin"
    if method in SAFE_METHODS or path in _READING_POSTS:
        return "read"
    return "admin" if _ADMIN.fullmatch(path) else "operate"


def refuse_secrets_in(query: bytes) -> None:
    """
    Refuse a query string that holds a secret, whatever it would have opened.

    Raises
    ------
    Problem
        `token_in_query`; does not repeat it.
    """
    text = query.decode("latin-1")
    for name, value in parse_qsl(text, keep_blank_values=True, separator="&"):
        if name.strip().lower() in _SECRET_NAMES or _TOKEN.search(f"{name} {value}"):
            msg = "secrets do not belong in a URL; send Authorization: Bearer, and replace this one"
            raise refused("token_in_query", msg)


def without_secrets(text: str) -> str:
    """
    Return a text with every token cut to its mark.

    Examples
    --------
    >>> without_secrets("/flow/ifl_abc")
    '/flow/ifl_…'
    """
    return _TOKEN.sub(f"{PREFIX}…", text)
