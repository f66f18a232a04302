"""ClickHouse's HTTP interface: statements and inserts, with errors told apart."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import httpx

from connectors.clickhouse.config import ClickHouseConfig
from connectors.errors import MisconfiguredConnector
from connectors.errors import RejectedRecord
from connectors.errors import TransientConnector

CODE_HEADER: Final = "X-ClickHouse-Exception-Code"
MAX_REASON: Final = 400

# Names as in ClickHouse's ErrorCodes; what is in neither set is a mistake of ours (no such table,
# no such column, no access), which neither waiting nor leaving out records would mend.
TRANSIENT_CODES: Final = frozenset(
    {
        159,  # TIMEOUT_EXCEEDED
        160,  # TOO_SLOW
        202,  # TOO_MANY_SIMULTANEOUS_QUERIES
        203,  # NO_FREE_CONNECTION
        209,  # SOCKET_TIMEOUT
        210,  # NETWORK_ERROR
        236,  # ABORTED
        241,  # MEMORY_LIMIT_EXCEEDED
        242,  # TABLE_IS_READ_ONLY
        243,  # NOT_ENOUGH_SPACE
        252,  # TOO_MANY_PARTS
        285,  # TOO_FEW_LIVE_REPLICAS
        319,  # UNKNOWN_STATUS_OF_INSERT
        394,  # QUERY_WAS_CANCELLED
        439,  # CANNOT_SCHEDULE_TASK
        473,  # DEADLOCK_AVOIDED
        999,  # KEEPER_EXCEPTION
    }
)
DATA_CODES: Final = frozenset(
    {
        6,  # CANNOT_PARSE_TEXT
        26,  # CANNOT_PARSE_QUOTED_STRING
        27,  # CANNOT_PARSE_INPUT_ASSERTION_FAILED
        32,  # ATTEMPT_TO_READ_AFTER_EOF
        33,  # CANNOT_READ_ALL_DATA
        38,  # CANNOT_PARSE_DATE
        41,  # CANNOT_PARSE_DATETIME
        53,  # TYPE_MISMATCH
        69,  # ARGUMENT_OUT_OF_BOUND
        70,  # CANNOT_CONVERT_TYPE
        72,  # CANNOT_PARSE_NUMBER
        117,  # INCORRECT_DATA
        128,  # TOO_LARGE_ARRAY_SIZE
        131,  # TOO_LARGE_STRING_SIZE
        321,  # VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
        349,  # CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
    }
)
# STD_EXCEPTION and UNKNOWN_EXCEPTION are about data only when the Avro library threw them.
FOREIGN_CODES: Final = frozenset({1001, 1002})
AVRO_EXCEPTION: Final = "avro::Exception"
BUSY_STATUSES: Final = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
INSERT_SETTINGS: Final = {
    "async_insert": "0",
    "input_format_avro_allow_missing_fields": "1",
    "input_format_null_as_default": "1",
}
# Data may not change. The answer begins when it is complete, so that an error is never its end.
READ_SETTINGS: Final = {"readonly": "2", "wait_end_of_query": "1"}
_ESCAPES: Final = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r", "\0": r"\0"})


def escaped(text: str) -> str:
    r"""
    Return a text as a query parameter of type String is written: like a tab-separated field.

    Examples
    --------
    >>> print(escaped("a\tb"))
    a\tb
    """
    return text.translate(_ESCAPES)


class ClickHouseHttp:
    """
    Run statements and inserts over one kept-alive connection.

    Parameters
    ----------
    config : ClickHouseConfig
        Where ClickHouse is.
    """

    def __init__(self, config: ClickHouseConfig) -> None:
        self._config = config
        # Answers come as they are: what is long here is read from this machine or a near one.
        self._client = httpx.Client(
            timeout=config.timeout_s, trust_env=False, headers={"Accept-Encoding": "identity"}
        )

    def execute(self, statement: str, *, in_database: bool = True) -> str:
        """
        Run a statement and return what it prints.

        Raises
        ------
        TransientConnector
            ClickHouse is unreachable or busy.
        RejectedRecord
            It refused the data of the statement.
        MisconfiguredConnector
            It refused the statement.
        """
        database = {"database": self._config.database} if in_database else {}
        return self._post(database, statement.encode()).text

    def insert_avro(self, table: str, container: bytes) -> None:
        """
        Insert an Avro object container; raises as `execute` does.

        Delivery: when it returns, ClickHouse has stored every row. After an error a part of the
        rows may have been stored.
        """
        parameters = {
            "database": self._config.database,
            "query": f"INSERT INTO `{table}` FORMAT Avro",
            **INSERT_SETTINGS,
        }
        self._post(parameters, container)

    def read(self, query: str, parameters: Mapping[str, str] | None = None) -> bytes:
        """
        Run a query and return its whole answer, which is held here; raises as `execute` does.

        Parameters
        ----------
        query : str
            One SELECT with its FORMAT; `{name:String}` marks a parameter.
        parameters : mapping, optional
            Texts of the parameters, sent apart from the query.
        """
        bound = {f"param_{name}": escaped(text) for name, text in (parameters or {}).items()}
        settings = {"database": self._config.database, **READ_SETTINGS}
        return self._post({**settings, **bound}, query.encode()).content

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _post(self, parameters: dict[str, str], body: bytes) -> httpx.Response:
        try:
            response = self._client.post(self._config.url, params=parameters, content=body)
        except httpx.TransportError as error:
            msg = f"ClickHouse does not answer: {error or type(error).__name__}"
            raise TransientConnector(msg) from error
        except httpx.InvalidURL as error:
            msg = "CLICKHOUSE_URL is not a URL, expected http://host:port"
            raise MisconfiguredConnector(msg) from error
        # An error that comes after the first bytes of an answer still has its header or status.
        code = response.headers.get(CODE_HEADER, "")
        if response.status_code == HTTPStatus.OK and not code:
            return response
        reason = response.text.strip()[:MAX_REASON]
        msg = f"ClickHouse: {response.status_code}, code {code or 'unknown'}: {reason}"
        number = int(code) if code.isdecimal() else -1
        if number in TRANSIENT_CODES or (not code and response.status_code in BUSY_STATUSES):
            raise TransientConnector(msg)
        if number in DATA_CODES or (number in FOREIGN_CODES and AVRO_EXCEPTION in response.text):
            raise RejectedRecord(msg)
        raise MisconfiguredConnector(msg)
