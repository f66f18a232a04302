"""Refusals, each counted where it is made."""

import math

from api.metrics import AUTH_FAILURES
from api.metrics import RATE_LIMITED
from api.problems import Problem

_CHALLENGE = {"WWW-Authenticate": "Bearer"}


def refused(code: str, detail: str, reason: str = "") -> Problem:
    """Return a problem and count it, under its code when no reason is given."""
    AUTH_FAILURES.labels(reason or code).inc()
    return Problem(code, detail, headers=_CHALLENGE if code.startswith("auth_") else None)


def auth_required(reason: str = "nobody") -> Problem:
    """Return the 401 of a request without valid session or token."""
    if reason == "token":
        return refused("auth_required", "the token is unknown or was removed", reason)
    detail = "log in at /auth/login or send a token as Authorization: Bearer"
    return refused("auth_required", detail, reason)


def scope_missing(scope: str) -> Problem:
    """Return the 403 of a principal without a scope."""
    return refused("scope_missing", f"this needs the scope {scope}, which the token does not have")


def rate_limited(wait_s: float, what: str, bucket: str) -> Problem:
    """Return the 429 of somebody who has to wait."""
    RATE_LIMITED.labels(bucket).inc()
    seconds = max(1, math.ceil(wait_s))
    return Problem(
        "rate_limited",
        f"too many {what}; try again in {seconds} s",
        headers={"Retry-After": str(seconds)},
    )
