"""What every answer tells the browser."""

from typing import Final

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; object-src 'none'; frame-ancestors 'none'"
)
_ALWAYS: Final = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
_HSTS: Final = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
_NO_STORE: Final = (b"cache-control", b"no-store")

Pairs = list[tuple[bytes, bytes]]


def protected(given: Pairs, *, is_secure: bool) -> Pairs:
    """
    Return an answer's headers with ours in place of its own.

    Parameters
    ----------
    given : list of (name, value)
        Of the answer; its `Cache-Control` stays, without one nothing is stored.
    is_secure : bool
        Whether the client's side is encrypted; adds HSTS.
    """
    ours = [*_ALWAYS]
    if is_secure:
        ours.append(_HSTS)
    replaced = frozenset(name for name, _ in ours)
    kept = [(name, value) for name, value in given if name.lower() not in replaced]
    if not any(name.lower() == b"cache-control" for name, _ in kept):
        ours.append(_NO_STORE)
    return [*kept, *ours]
