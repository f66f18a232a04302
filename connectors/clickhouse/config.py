"""Configuration of the ClickHouse connectors."""

import re
from typing import Final

import msgspec

from connectors.errors import MisconfiguredConnector

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class ClickHouseConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    Where the tables are and how long a write is tried.

    Parameters
    ----------
    url : str
        `http[s]://[user:password@]host:port` of the HTTP interface.
    database : str
        Database of all our tables.
    timeout_s : float
        Longest wait for one answer, above 0.
    retry_s : float
        Longest time an insert is tried again before the flow stops, 0 or more.
    first_backoff_s, max_backoff_s : float
        Pause after the first failure, doubled up to the second value.
    """

    url: str
    database: str = "islandflow"
    timeout_s: float = 60.0
    retry_s: float = 300.0
    first_backoff_s: float = 0.1
    max_backoff_s: float = 10.0

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            msg = f"CLICKHOUSE_URL is {self.url!r}, expected http://host:port"
            raise MisconfiguredConnector(msg)
        if not _NAME.fullmatch(self.database):
            msg = f"CLICKHOUSE_DATABASE is {self.database!r}, expected letters, digits and _"
            raise MisconfiguredConnector(msg)
        if self.timeout_s <= 0 or self.retry_s < 0:
            msg = f"timeout_s {self.timeout_s} and retry_s {self.retry_s}: expected above 0, from 0"
            raise MisconfiguredConnector(msg)
        if not 0 < self.first_backoff_s <= self.max_backoff_s:
            pauses = f"{self.first_backoff_s} to {self.max_backoff_s} s"
            msg = f"backoff is {pauses}, expected above 0 and rising"
            raise MisconfiguredConnector(msg)
