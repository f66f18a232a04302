"""Read the tables."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from connectors.clickhouse.client import ClickHouseClient
from connectors.errors import MisconfiguredConnector
from infra.embedded.stack import StackAddresses
from infra.errors import MisconfiguredInfra
from infra.settings import ServiceSettings


@contextmanager
def open_tables(settings: ServiceSettings, addresses: StackAddresses) -> Iterator[ClickHouseClient]:
    """
    Open a connection to the tables for the length of a block.

    Raises
    ------
    MisconfiguredInfra
        ClickHouse refused a statement of the block, in its own words.
    """
    client = ClickHouseClient(addresses.clickhouse, settings.clickhouse_database)
    try:
        yield client
    except MisconfiguredConnector as error:
        raise MisconfiguredInfra(readable_refusal(str(error))) from error
    finally:
        client.close()


def readable_refusal(message: str) -> str:
    """
    Return what is wrong with a statement, without the client's frame around ClickHouse's words.

    Examples
    --------
    >>> readable_refusal(
    ...     "Received ClickHouse exception, code: 60, server response: Code: 60. DB::Exception: "
    ...     "Unknown table expression identifier 'x'. (UNKNOWN_TABLE) (version 26.9.2.1) (for url "
    ...     "http://127.0.0.1:8123)"
    ... )
    "Unknown table expression identifier 'x' (UNKNOWN_TABLE); SHOW TABLES lists what there is"
    """
    found = re.search(r"DB::Exception: (?P<what>.*)\((?P<name>[A-Z_]+)\)", message, re.DOTALL)
    if found is None:
        return message
    what = found["what"].partition(" Expected one of:")[0].replace("\n FORMAT Native", "").strip()
    advice = {
        "READONLY": "this command only reads; the tables are written by the flows",
        "UNKNOWN_TABLE": "SHOW TABLES lists what there is",
        "UNKNOWN_IDENTIFIER": "DESCRIBE TABLE … lists its columns",
        "UNKNOWN_DATABASE": (
            "nothing was stored under that name; islandflow run and up store what is live, a "
            "replay its run, which islandflow runs ls lists"
        ),
    }.get(found["name"])
    text = f"{what.rstrip('.')} ({found['name']})"
    return f"{text}; {advice}" if advice else text
