"""Engine errors as ClickHouse's HTTP interface reports them."""

import re
from typing import Final
from typing import Self

from infra.errors import InfraError

BAD_ARGUMENTS: Final = 36
NOT_IMPLEMENTED: Final = 48
SYNTAX_ERROR: Final = 62
UNKNOWN_FORMAT: Final = 73
CANNOT_DECOMPRESS: Final = 271
TOO_MANY_SIMULTANEOUS_QUERIES: Final = 202
QUERY_IS_TOO_LARGE: Final = 229
INTO_OUTFILE_NOT_ALLOWED: Final = 358
QUERY_WAS_CANCELLED: Final = 394
READONLY: Final = 164
AUTHENTICATION_FAILED: Final = 516
UNKNOWN_EXCEPTION: Final = 1002

_NAMES: Final = {
    BAD_ARGUMENTS: "BAD_ARGUMENTS",
    NOT_IMPLEMENTED: "NOT_IMPLEMENTED",
    SYNTAX_ERROR: "SYNTAX_ERROR",
    UNKNOWN_FORMAT: "UNKNOWN_FORMAT",
    CANNOT_DECOMPRESS: "CANNOT_DECOMPRESS",
    TOO_MANY_SIMULTANEOUS_QUERIES: "TOO_MANY_SIMULTANEOUS_QUERIES",
    QUERY_IS_TOO_LARGE: "QUERY_IS_TOO_LARGE",
    INTO_OUTFILE_NOT_ALLOWED: "INTO_OUTFILE_NOT_ALLOWED",
    QUERY_WAS_CANCELLED: "QUERY_WAS_CANCELLED",
    READONLY: "READONLY",
    AUTHENTICATION_FAILED: "AUTHENTICATION_FAILED",
    UNKNOWN_EXCEPTION: "UNKNOWN_EXCEPTION",
}

# Codes with a status of their own; every other is 500. Source: the server's table in
# src/Server/HTTP/exceptionCodeToHTTPStatus.cpp.
_BAD_REQUEST_CODES: Final = (
    *(6, 8, 15, 25, 26, 27, BAD_ARGUMENTS, 37, 38, 41, 44, 53, SYNTAX_ERROR, 72, 117, 123),
    *(167, 168, 223, 321, 376, 427, 441, 675, 676),
)
_NOT_FOUND_CODES: Final = (46, 47, 50, 56, 60, 63, UNKNOWN_FORMAT, 78, 81, 115, 152, 336, 511)
_FORBIDDEN_CODES: Final = (192, 193, 497, 512, AUTHENTICATION_FAILED)
_STATUS: Final[dict[int, int]] = {
    **dict.fromkeys(_BAD_REQUEST_CODES, 400),
    194: 401,
    **dict.fromkeys(_FORBIDDEN_CODES, 403),
    **dict.fromkeys(_NOT_FOUND_CODES, 404),
    159: 408,
    381: 411,
    QUERY_IS_TOO_LARGE: 413,
    779: 415,
    NOT_IMPLEMENTED: 501,
    **dict.fromkeys((76, 209, 439), 503),
}

_FIRST: Final = re.compile(r"Code: (\d+)\. DB::\w+: ")
_VERSION: Final = re.compile(r" \(version [^()]*(?:\([^()]*\))?\)\.?")
_NAME: Final = re.compile(r"\(([A-Z][A-Z0-9_]+)\)\s*$")


class ClickHouseError(InfraError):
    """
    An error a client of the HTTP interface is told.

    Parameters
    ----------
    code : int
        ClickHouse's error code.
    reason : str
        What happened, without code, name and version.
    name : str | None
        ClickHouse's name of the code; None looks up the few that arise outside the engine.
    """

    def __init__(self, code: int, reason: str, name: str | None = None) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.name = name or _NAMES.get(code, "UNKNOWN_EXCEPTION")

    @classmethod
    def from_engine(cls, text: str) -> Self:
        """
        Read the engine's message.

        The engine repeats prefix, name and version when an error passed through several of its
        layers; what is kept is the innermost.

        Examples
        --------
        >>> str(ClickHouseError.from_engine("Code: 60. DB::Exception: No t. (UNKNOWN_TABLE)"))
        'No t.'
        """
        found = list(_FIRST.finditer(text))
        if not found:
            return cls(UNKNOWN_EXCEPTION, text.strip())
        reason = _VERSION.sub("", text[found[-1].end() :]).strip()
        name: str | None = None
        while (last := _NAME.search(reason)) is not None:
            name = last.group(1)
            reason = reason[: last.start()].rstrip()
            if reason.endswith(f"({name})."):
                reason = reason[:-1]
        return cls(int(found[-1].group(1)), reason, name)

    @property
    def status(self) -> int:
        """HTTP status of the answer."""
        return _STATUS.get(self.code, 500)

    def body(self, version: str) -> str:
        """Return the text of the answer."""
        return (
            f"Code: {self.code}. DB::Exception: {self.reason} ({self.name}) "
            f"(version {version} (embedded))\n"
        )
