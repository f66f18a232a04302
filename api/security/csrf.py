"""Writes a foreign page could make a browser send with the operator's cookie."""

from typing import Final

from starlette.datastructures import Headers

from api.security.refusals import refused

HEADER: Final = "x-islandflow"
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def is_json(headers: Headers) -> bool:
    """Say whether a body is announced as JSON."""
    return headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def check_write(headers: Headers, *, is_own_origin: bool) -> None:
    """
    Refuse a write authenticated by cookie that only our own page could not have sent.

    Each of the three is out of reach of a form or of a script of another site; asked for together,
    a browser's mistake in one is not enough.

    Raises
    ------
    Problem
        `csrf_refused`, with what is missing.
    """
    if not is_own_origin:
        raise refused("csrf_refused", "a write with a session cookie needs the Origin header")
    if headers.get(HEADER, "") != "1":
        raise refused("csrf_refused", "a write with a session cookie needs X-Islandflow: 1")
    if not is_json(headers):
        msg = "a write with a session cookie needs Content-Type: application/json"
        raise refused("csrf_refused", msg)
