"""What a request of the HTTP interface asks for, before anything runs."""

import base64
import binascii
import email.parser
import email.policy
import re
from dataclasses import dataclass
from dataclasses import field
from typing import Final
from typing import Self
from urllib.parse import parse_qsl

from infra.embedded.clickhouse.compression import choose_encoding
from infra.embedded.clickhouse.errors import AUTHENTICATION_FAILED
from infra.embedded.clickhouse.errors import BAD_ARGUMENTS
from infra.embedded.clickhouse.errors import NOT_IMPLEMENTED
from infra.embedded.clickhouse.errors import ClickHouseError

# Parameters that are the interface's own; every other is a setting of the query.
_RESERVED: Final = frozenset(
    {
        *("query", "database", "default_format", "user", "password", "quota_key", "query_id"),
        *("session_id", "session_timeout", "session_check", "close_session", "stacktrace", "role"),
        *("buffer_size", "wait_end_of_query", "client_protocol_version", "compress", "decompress"),
        *("readonly", "log_comment", "async_insert", "enable_http_compression"),
        *("send_progress_in_http_headers", "http_headers_progress_interval_ms"),
        *("cancel_http_readonly_queries_on_client_close",),
    }
)
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_PARAMETER_PREFIX: Final = "param_"
_DEFAULT_SESSION_TIMEOUT_S: Final = 60
_MULTIPART: Final = "multipart/form-data"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryRequest:
    """
    One request.

    Parameters
    ----------
    query : str
        The query's part in the URL or form; the body is appended.
    settings, parameters : dict of str to str
        Settings of the query, and values of its `{name:Type}` placeholders.
    database, default_format : str
        Empty when not given.
    query_id, session_id : str
        Empty when not given.
    session_timeout_s : int
        How long an idle session is kept.
    readonly : int
        0 allows everything, 1 reads only, 2 reads and changes settings.
    waits_for_end : bool
        Send nothing before the query has ended, so that an error is an HTTP error.
    response_encoding : str | None
        Compression of the answer.
    content_encoding : str
        Compression of the body.
    """

    query: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    database: str = ""
    default_format: str = ""
    query_id: str = ""
    session_id: str = ""
    session_timeout_s: int = _DEFAULT_SESSION_TIMEOUT_S
    readonly: int = 0
    waits_for_end: bool = False
    response_encoding: str | None = None
    content_encoding: str = ""

    @classmethod
    def parse(
        cls, method: str, query_string: str, headers: dict[str, str], form: dict[str, str]
    ) -> Self:
        """
        Read a request.

        Parameters
        ----------
        method : str
            GET and HEAD may only read.
        query_string : str
            The URL's.
        headers : dict of str to str
            With lower-case names.
        form : dict of str to str
            Fields of a multipart body; they count as URL parameters.

        Raises
        ------
        ClickHouseError
            AUTHENTICATION_FAILED for any user but `default` without password, BAD_ARGUMENTS and
            NOT_IMPLEMENTED for what is malformed or not offered.
        """
        values = dict(parse_qsl(query_string, keep_blank_values=True)) | form
        _authenticate(values, headers)
        for name in ("compress", "decompress"):
            if _flag(values, name):
                reason = f"{name}=1 (native block compression) is not offered; use Content-Encoding"
                raise ClickHouseError(NOT_IMPLEMENTED, reason)
        readonly = _integer(values, "readonly", 0)
        if readonly not in {0, 1, 2}:
            reason = f"readonly is {readonly}, expected 0, 1 or 2"
            raise ClickHouseError(BAD_ARGUMENTS, reason)
        if readonly == 0 and method in {"GET", "HEAD"}:
            readonly = 2
        compresses = values.get("enable_http_compression", "1") != "0"
        accepted = headers.get("accept-encoding", "") if compresses else ""
        return cls(
            query=values.get("query", ""),
            settings={key: value for key, value in values.items() if _is_setting(key)},
            parameters={
                key: value for key, value in values.items() if key.startswith(_PARAMETER_PREFIX)
            },
            database=values.get("database") or headers.get("x-clickhouse-database", ""),
            default_format=values.get("default_format") or headers.get("x-clickhouse-format", ""),
            query_id=values.get("query_id", ""),
            session_id=values.get("session_id", ""),
            session_timeout_s=_integer(values, "session_timeout", _DEFAULT_SESSION_TIMEOUT_S),
            readonly=readonly,
            waits_for_end=_flag(values, "wait_end_of_query"),
            response_encoding=choose_encoding(accepted),
            content_encoding=headers.get("content-encoding", ""),
        )

    def setup(self, marker: str) -> list[str]:
        """
        Return the statements that make a fresh session this request's.

        Parameters
        ----------
        marker : str
            Text by which the query is found when it has to be cancelled.
        """
        statements = [f"USE {quote_identifier(self.database)}"] if self.database else []
        assigned = {**self.settings, **self.parameters, "log_comment": marker}
        pairs = ", ".join(f"{name} = {quote(value)}" for name, value in assigned.items())
        statements.append(f"SET {pairs}")
        # Last, because it forbids the others.
        if self.readonly:
            statements.append(f"SET readonly = {self.readonly}")
        return statements


def quote(text: str) -> str:
    """Quote a string literal."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\0", "\\0")
    return f"'{escaped}'"


def quote_identifier(name: str) -> str:
    """Quote a name."""
    escaped = name.replace("\\", "\\\\").replace("`", "\\`")
    return f"`{escaped}`"


def is_multipart(content_type: str) -> bool:
    """Say whether a body is a form rather than a query."""
    return content_type.lower().startswith(_MULTIPART)


def parse_form(content_type: str, body: bytes) -> dict[str, str]:
    """
    Read the fields of a multipart form.

    Raises
    ------
    ClickHouseError
        NOT_IMPLEMENTED for a file: external tables are not offered.
    """
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    fields: dict[str, str] = {}
    for part in message.iter_parts():
        name = str(part.get_param("name", "", header="content-disposition"))
        if part.get_filename() is not None:
            reason = f"external table {name!r}: external data is not offered"
            raise ClickHouseError(NOT_IMPLEMENTED, reason)
        content = part.get_payload(decode=True)
        fields[name] = content.decode() if isinstance(content, bytes) else ""
    return fields


def _is_setting(key: str) -> bool:
    if key in _RESERVED or key.startswith(_PARAMETER_PREFIX):
        return False
    if _NAME.fullmatch(key) is None:
        reason = f"parameter {key!r} is not the name of a setting"
        raise ClickHouseError(BAD_ARGUMENTS, reason)
    return True


def _authenticate(values: dict[str, str], headers: dict[str, str]) -> None:
    user = values.get("user") or headers.get("x-clickhouse-user", "default")
    password = values.get("password") or headers.get("x-clickhouse-key", "")
    kind, _, credentials = headers.get("authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            decoded = base64.b64decode(credentials, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            decoded = "?"
        user, _, password = decoded.partition(":")
    elif kind:
        user = f"({kind} token)"
    if user != "default" or password:
        reason = (
            f"{user}: Authentication failed: password is incorrect, or there is no user with such "
            "name. The embedded server has one user, default, without password"
        )
        raise ClickHouseError(AUTHENTICATION_FAILED, reason)


def _flag(values: dict[str, str], name: str) -> bool:
    return values.get(name, "0").lower() in {"1", "true"}


def _integer(values: dict[str, str], name: str, default: int) -> int:
    text = values.get(name, "")
    if text and not text.isdecimal():
        reason = f"{name} is {text!r}, expected a whole number"
        raise ClickHouseError(BAD_ARGUMENTS, reason)
    return int(text) if text else default
