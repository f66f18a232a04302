"""What settlement reads from the tables: alerts, sizes, open interest, mids."""

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from typing import Final

import msgspec

from flows.common.calendar import EPOCH
from flows.common.eastern import iso_date
from flows.options.forward_returns import MidPath
from flows.options.forward_returns import mid_path
from flows.options.settlement import SnapshotDay
from flows.options.settlement import snapshot_day
from infra.evidence import Row
from infra.evidence import Store
from schemas.records import FlowAlert
from schemas.records import OpenInterest

_ALERT_COLUMNS: Final = ", ".join([f"`{name}`" for name in FlowAlert.__struct_fields__])
_INTEREST_COLUMNS: Final = ", ".join([f"`{name}`" for name in OpenInterest.__struct_fields__])
# Tables of an older version have no kind: what they hold is of options.
_OF_OPTIONS: Final = "kind IN ('options', '')"
_BETWEEN: Final = (
    "underlying_id = {underlying:String} AND source_ts >= {from:Int64} AND source_ts <= {to:Int64}"
)
# Of each second the last mid counts: a day of quotes must fit into memory.
_QUOTE_MIDS: Final = f"""
SELECT groupArray(at) AS at, groupArray(mid) AS mid FROM (
    SELECT max(source_ts) AS at, argMax((bid + ask) / 2, (source_ts, seq)) AS mid
    FROM equities_quotes
    WHERE {_BETWEEN} AND bid > 0 AND ask >= bid
    GROUP BY intDiv(source_ts, 1000000000) ORDER BY at)
"""  # noqa: S608 - our own text, values are parameters
_TAPE_MIDS: Final = f"""
SELECT groupArray(at) AS at, groupArray(mid) AS mid FROM (
    SELECT max(quoted_ts) AS at, argMax(underlying_mid, (quoted_ts, source_ts, seq)) AS mid
    FROM (
        SELECT source_ts, seq, underlying_mid,
            source_ts - toInt64(ifNull(underlying_age_ms, 0) * 1000000) AS quoted_ts
        FROM options_tape WHERE {_BETWEEN} AND underlying_mid > 0)
    GROUP BY intDiv(quoted_ts, 1000000000) ORDER BY at)
"""  # noqa: S608 - our own text, values are parameters
_CLOCK: Final = """
SELECT max(at) AS at FROM (
    SELECT max(published_ts) AS at FROM refdata_open_interest
    UNION ALL SELECT max(source_ts) FROM options_tape
    UNION ALL SELECT max(source_ts) FROM equities_quotes)
"""


def _days(value: date) -> int:
    return (value - EPOCH).days


def alert_of(row: Row) -> FlowAlert:
    """Return a stored alert as the record it was; an empty settlement is none."""
    settlement = row["settlement"]
    if settlement["outcome"] == "":
        settlement = None
    else:
        settlement = {**settlement, "settled_for": _days(settlement["settled_for"])}
    return msgspec.convert({**row, "settlement": settlement}, FlowAlert)


class SettlementStore:
    """
    Read the inputs of a settlement.

    Parameters
    ----------
    store : Store
        Where the tables are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def clock_ns(self) -> int:
        """Return the newest event time of open interest, tape and quotes, ns UTC; 0 without any."""
        return int(self._store.rows(_CLOCK)[0]["at"] or 0)

    def alerts(self, session: int) -> list[FlowAlert]:
        """Return the newest revision of each alert of a session, by first activity."""
        sql = (
            f"SELECT {_ALERT_COLUMNS} FROM flow_alerts FINAL "  # noqa: S608 - our own columns
            f"WHERE {_OF_OPTIONS} AND startsWith(dedupe_key, {{day:String}}) "
            "ORDER BY first_ts, alert_id"
        )
        found = self._store.rows(sql, {"day": f"{iso_date(session)}|"})
        return [alert_of(row) for row in found]

    def sessions_with_alerts(self) -> list[tuple[str, int]]:
        """Return the sessions that have alerts, as `YYYY-MM-DD`, with their number."""
        sql = (
            "SELECT substring(dedupe_key, 1, 10) AS day, uniqExact(alert_id) AS n "  # noqa: S608 - our own condition
            f"FROM flow_alerts WHERE {_OF_OPTIONS} GROUP BY day ORDER BY day"
        )
        return [(str(row["day"]), int(row["n"])) for row in self._store.rows(sql)]

    def opened_ts(self, alerts: Sequence[FlowAlert]) -> dict[str, int]:
        """
        Return when alerts opened, ns UTC, by alert id, as far as the table still tells.

        A table keeps the newest revision only once its parts are merged.
        """
        sql = (
            "SELECT alert_id, any(source_ts) AS at FROM flow_alerts "
            "WHERE alert_id IN {ids:Array(String)} AND revision = 0 GROUP BY alert_id"
        )
        found = self._store.rows(sql, {"ids": [alert.alert_id for alert in alerts]})
        return {str(row["alert_id"]): int(row["at"]) for row in found}

    def sizes(self, alerts: Iterable[FlowAlert]) -> dict[str, dict[str, int]]:
        """
        Return the contracts of each alert by contract id, from its packets.

        Of a structure the legs count. An alert on one contract whose packets are not stored has
        the size it states itself.
        """
        packets_of = {
            alert.alert_id: [ref.id for ref in alert.evidence_refs if ref.kind == "flow_packet"]
            for alert in alerts
        }
        packets = self._packets(sorted({name for ids in packets_of.values() for name in ids}))
        found: dict[str, dict[str, int]] = {}
        for alert in alerts:
            sizes: dict[str, int] = {}
            for packet_id in packets_of[alert.alert_id]:
                for contract_id, size in packets.get(packet_id, ()):
                    sizes[contract_id] = sizes.get(contract_id, 0) + size
            if not sizes and alert.option_contract_id is not None:
                sizes = {alert.option_contract_id: alert.total_size}
            found[alert.alert_id] = sizes
        return found

    def _packets(self, ids: Sequence[str]) -> dict[str, tuple[tuple[str, int], ...]]:
        sql = (
            "SELECT id, option_contract_id, features.total_size AS size, "
            "legs.option_contract_id AS leg_ids, legs.size AS leg_sizes "
            "FROM flow_packets FINAL WHERE id IN {ids:Array(String)}"
        )
        found: dict[str, tuple[tuple[str, int], ...]] = {}
        for row in self._store.rows(sql, {"ids": list(ids)}) if ids else []:
            if row["option_contract_id"] is not None:
                found[str(row["id"])] = ((str(row["option_contract_id"]), int(row["size"])),)
            else:
                legs = zip(row["leg_ids"], row["leg_sizes"], strict=True)
                found[str(row["id"])] = tuple([(str(name), int(size)) for name, size in legs])
        return found

    def open_interest(self, underlying_id: str, session: int) -> SnapshotDay:
        """Return the open interest of an underlying's contracts at a session's end."""
        sql = (
            f"SELECT {_INTEREST_COLUMNS} FROM refdata_open_interest FINAL "  # noqa: S608 - our own columns
            "WHERE underlying_id = {underlying:String} AND as_of_date = {day:Date32}"
        )
        rows = self._store.rows(sql, {"underlying": underlying_id, "day": iso_date(session)})
        return snapshot_day(
            [
                msgspec.convert({**row, "as_of_date": _days(row["as_of_date"])}, OpenInterest)
                for row in rows
            ]
        )

    def traded(self, underlying_id: str, session: int) -> Mapping[str, int]:
        """Return the volume of an underlying's contracts in a session, by contract id."""
        sql = (
            "SELECT option_contract_id, max(session_volume) AS volume FROM options_tape FINAL "
            "WHERE underlying_id = {underlying:String} AND trade_date = {day:Date32} "
            "GROUP BY option_contract_id ORDER BY option_contract_id"
        )
        rows = self._store.rows(sql, {"underlying": underlying_id, "day": iso_date(session)})
        return {str(row["option_contract_id"]): int(row["volume"]) for row in rows}

    def mids(self, underlying_id: str, from_ns: int, to_ns: int) -> MidPath:
        """
        Return the underlying's mids between two instants, both included, one a second.

        They come from its own quotes; where there are none, from what the prints carried.
        """
        asked = {"underlying": underlying_id, "from": from_ns, "to": to_ns}
        for sql in (_QUOTE_MIDS, _TAPE_MIDS):
            row = self._store.rows(sql, asked)[0]
            if row["at"]:
                break
        return mid_path(row["at"], row["mid"])

    def splits(self, underlying_id: str) -> list[int]:
        """Return when an underlying's splits took effect, ns UTC, ascending."""
        sql = (
            "SELECT DISTINCT event_ts FROM refdata_events FINAL "
            "WHERE underlying_id = {underlying:String} AND kind = 'split' ORDER BY event_ts"
        )
        return [
            int(row["event_ts"]) for row in self._store.rows(sql, {"underlying": underlying_id})
        ]
