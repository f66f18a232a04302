"""Which snapshot a flow without resume state starts from: Redis, else ClickHouse, else none."""

from collections.abc import Sequence
from typing import Final

import structlog

from connectors.clickhouse.client import ClickHouseClient
from connectors.errors import ConnectorError
from connectors.errors import MisconfiguredConnector
from connectors.kafka.partitioner import partition_of
from connectors.redis.baselines import BaselineStore
from schemas.records import BaselineSnapshot

log: Final = structlog.get_logger()

AUTO: Final = "auto"
NONE: Final = "none"
ID_PREFIX: Final = "bs:"
EVERY_UNDERLYING: Final = "*"
IDS_A_QUERY: Final = 200

_FIELDS: Final = ", ".join(
    f"toInt32({name}) AS {name}" if name == "session_date" else name
    for name in BaselineSnapshot.__struct_fields__
)
_NEWEST: Final = """
SELECT underlying_id, argMax(snapshot_id, (session_date, source_ts)) AS snapshot_id
FROM baseline_snapshots WHERE source_ts < {before:Int64} GROUP BY underlying_id
"""
_NAMED: Final = """
SELECT DISTINCT underlying_id, snapshot_id FROM baseline_snapshots
WHERE snapshot_id LIKE {pattern:String} AND source_ts < {before:Int64}
"""
_RECORDS: Final = f"""
SELECT {_FIELDS} FROM baseline_snapshots AS stored FINAL
WHERE stored.snapshot_id IN {{ids:Array(String)}} AND stored.source_ts < {{before:Int64}}
ORDER BY underlying_id, level, key
"""  # noqa: S608 - names of our own schema


def check_choice(choice: str) -> tuple[str, ...]:
    """
    Return the snapshot ids a setting names; none for `auto` and `none`.

    Parameters
    ----------
    choice : str
        `auto`, `none`, or ids separated by commas; `bs:*:<date>` names every underlying's.

    Raises
    ------
    MisconfiguredConnector
        It is neither.
    """
    if choice in {AUTO, NONE}:
        return ()
    ids = tuple(part.strip() for part in choice.split(","))
    for each in ids:
        if not each.startswith(ID_PREFIX) or each.count(":") != 2:
            msg = f"BASELINE_SNAPSHOT is {choice!r}, expected auto, none or bs:<underlying>:<date>"
            raise MisconfiguredConnector(msg)
    return ids


class WarmStart:
    """
    Find the baselines a partition starts from.

    A snapshot counts only if it was known before the partition's first print or quote, so a
    replay of the same log never sees what that log led to. With `auto` the newest is taken for
    each underlying, and trouble with Redis or ClickHouse is logged, counted and means a cold
    start. A snapshot that is named is an input like the log: where it is missing the flow stops.

    Parameters
    ----------
    choice : str
        `auto`, `none` or ids; see `check_choice`.
    partitions : int
        Partition count of the inputs: which underlyings belong to a partition.
    store : BaselineStore | None
        Baselines in Redis.
    clickhouse_url, database : str
        Where the table `baseline_snapshots` is.

    Attributes
    ----------
    troubles : int
        How often a store could not be asked.
    """

    def __init__(
        self,
        choice: str,
        partitions: int,
        store: BaselineStore | None,
        clickhouse_url: str,
        database: str = "islandflow",
    ) -> None:
        self._ids = check_choice(choice)
        self._choice = choice
        self._partitions = partitions
        self._store = store
        self._url = clickhouse_url
        self._database = database
        self.troubles = 0

    def load(self, partition: int, first_ts: int) -> list[BaselineSnapshot]:
        """
        Return the records a partition starts from, ordered; none for a cold start.

        Parameters
        ----------
        partition : int
            Partition number.
        first_ts : int
            Event time of its first print or quote, ns UTC.

        Raises
        ------
        ConnectorError
            A named snapshot does not exist, is not older than the first event, or cannot be read.
        """
        if self._choice == NONE:
            return []
        found = self._from_redis(partition, first_ts)
        held = {record.underlying_id for record in found}
        found += self._from_clickhouse(partition, first_ts, held)
        self._require_named(partition, {record.snapshot_id for record in found})
        found.sort(key=lambda record: (record.underlying_id, record.level, record.key))
        if found:
            ids = sorted({record.snapshot_id for record in found})
            log.info("baselines_warmed", partition=partition, keys=len(found), snapshots=ids)
        return found

    def _is_ours(self, underlying_id: str, partition: int) -> bool:
        return partition_of(underlying_id.encode(), self._partitions) == partition

    def _from_redis(self, partition: int, first_ts: int) -> list[BaselineSnapshot]:
        found: list[BaselineSnapshot] = []
        if self._store is None:
            return found
        try:
            for underlying_id in self._store.underlyings():
                if not self._is_ours(underlying_id, partition):
                    continue
                records = self._store.load(underlying_id)
                is_older = all(record.source_ts < first_ts for record in records)
                if records and is_older and self._is_wanted(records[0].snapshot_id):
                    found += records
        except ConnectorError as error:
            self._trouble("redis", partition, error)
            return []
        return found

    def _is_wanted(self, snapshot_id: str) -> bool:
        return self._choice == AUTO or snapshot_id in self._ids

    def _from_clickhouse(
        self, partition: int, first_ts: int, held: set[str]
    ) -> list[BaselineSnapshot]:
        try:
            client = ClickHouseClient(self._url, self._database)
            try:
                named = self._candidates(client, first_ts)
                ids = sorted(
                    snapshot_id
                    for underlying_id, snapshot_id in named
                    if underlying_id not in held and self._is_ours(underlying_id, partition)
                )
                return _records(client, ids, first_ts)
            finally:
                client.close()
        except ConnectorError as error:
            if self._choice != AUTO:
                raise
            self._trouble("clickhouse", partition, error)
            return []

    def _candidates(self, client: ClickHouseClient, first_ts: int) -> list[tuple[str, str]]:
        if self._choice == AUTO:
            rows = client.rows(_NEWEST, {"before": first_ts})
        else:
            rows = []
            for each in self._ids:
                pattern = _like(each)
                rows += client.rows(_NAMED, {"pattern": pattern, "before": first_ts})
        return [(row["underlying_id"], row["snapshot_id"]) for row in rows]

    def _require_named(self, partition: int, found: set[str]) -> None:
        for each in self._ids:
            underlying_id = each.split(":")[1]
            is_missing = each not in found and underlying_id != EVERY_UNDERLYING
            if is_missing and self._is_ours(underlying_id, partition):
                msg = (
                    f"BASELINE_SNAPSHOT names {each}, which is neither in Redis nor in ClickHouse "
                    f"with a time before the first event of partition {partition}"
                )
                raise MisconfiguredConnector(msg)

    def _trouble(self, where: str, partition: int, error: Exception) -> None:
        self.troubles += 1
        log.warning(
            "baselines_not_loaded",
            store=where, partition=partition, troubles=self.troubles, error=str(error),
        )  # fmt: skip


def _like(snapshot_id: str) -> str:
    escaped = snapshot_id.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace(EVERY_UNDERLYING, "%")


def _records(client: ClickHouseClient, ids: Sequence[str], first_ts: int) -> list[BaselineSnapshot]:
    return [
        BaselineSnapshot(**row)
        for begin in range(0, len(ids), IDS_A_QUERY)
        for row in client.rows(
            _RECORDS, {"ids": list(ids[begin : begin + IDS_A_QUERY]), "before": first_ts}
        )
    ]
