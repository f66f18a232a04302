"""Read tables through the official client."""

from collections.abc import Mapping
from typing import Any
from typing import Final
from urllib.parse import unquote
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.exceptions import ClickHouseError
from clickhouse_connect.driver.exceptions import OperationalError

from connectors.clickhouse.config import ClickHouseConfig
from connectors.errors import MisconfiguredConnector
from connectors.errors import TransientConnector

DEFAULT_PORTS: Final = {"http": 8123, "https": 8443}
READ_ONLY: Final = {"readonly": "2"}  # settings may change, data may not


class ClickHouseClient:
    """
    Run read-only queries.

    Parameters
    ----------
    url : str
        `http[s]://[user:password@]host:port` of the HTTP interface.
    database : str
        Where unqualified tables are looked up.

    Raises
    ------
    TransientConnector
        ClickHouse does not answer.
    MisconfiguredConnector
        It refuses the login or a query; the message is ClickHouse's own.
    """

    def __init__(self, url: str, database: str = "islandflow") -> None:
        parts = urlsplit(ClickHouseConfig(url=url, database=database).url)
        try:
            self._client = clickhouse_connect.get_client(
                host=parts.hostname or "127.0.0.1",
                port=parts.port or DEFAULT_PORTS[parts.scheme],
                interface=parts.scheme,
                username=unquote(parts.username) if parts.username else None,
                password=unquote(parts.password) if parts.password else "",
                database=database,
                autogenerate_session_id=False,
            )
        except ClickHouseError as error:
            raise _connector_error(error) from error

    def rows(
        self, sql: str, parameters: Mapping[str, object] | None = None
    ) -> list[dict[str, Any]]:
        """
        Run a query and return its rows, columns by name.

        Parameters
        ----------
        sql : str
            One SELECT; `{name:Type}` marks parameters.
        parameters : mapping, optional
            Their values, sent apart from the text.
        """
        try:
            found = self._client.query(sql, parameters=dict(parameters or {}), settings=READ_ONLY)
        except ClickHouseError as error:
            raise _connector_error(error) from error
        return [dict(row) for row in found.named_results()]

    def text(self, sql: str, output_format: str) -> str:
        """
        Run a query and return what ClickHouse prints in one of its formats.

        Parameters
        ----------
        sql : str
            One statement.
        output_format : str
            E.g. `CSVWithNames`.
        """
        try:
            found = self._client.raw_query(sql, fmt=output_format, settings=READ_ONLY)
        except ClickHouseError as error:
            raise _connector_error(error) from error
        return bytes(found).decode()

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


def _connector_error(error: ClickHouseError) -> MisconfiguredConnector | TransientConnector:
    if isinstance(error, OperationalError):
        msg = f"ClickHouse does not answer: {error}"
        return TransientConnector(msg)
    return MisconfiguredConnector(str(error))
