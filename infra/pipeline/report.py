"""What a run came to: counts per topic and table, dead letters, the strongest alerts."""

from dataclasses import dataclass
from dataclasses import field
from typing import Any

from connectors.kafka.admin import describe_topic
from connectors.kafka.dlq import list_dead_letters
from infra.embedded.stack import StackAddresses
from infra.evidence import Row
from infra.pipeline.digest import digest_topic
from infra.pipeline.equities_report import EquitiesReport
from infra.pipeline.equities_report import equities_report
from infra.settings import ServiceSettings
from infra.tables import open_tables
from schemas.catalog import topics

ALERT_COLUMNS = (
    "alert_id, kind, revision, state, severity, score, direction, underlying_id, "
    "option_contract_id, headline, why, first_ts, last_ts, total_size, total_premium, "
    "packet_count, primary_profile_id, source_ts, details"
)


@dataclass(slots=True)
class Report:
    """
    The state of log and tables after a run.

    Parameters
    ----------
    topics, tables : dict
        Records by topic (distinct where digested, else appended), distinct rows by table.
    placements : dict
        Rows of `options_tape` by `nbbo_side`.
    dead_letters : int
        Messages and rows put aside.
    alerts : list
        Newest revision of each alert, highest score first, of two the larger.
    equities : EquitiesReport
        Off-exchange prints and what was inferred from them.
    digests : dict
        SHA-256 by topic; empty unless asked for.
    repeats : dict
        Records by topic that a resumed flow wrote again; only where digested.
    """

    topics: dict[str, int] = field(default_factory=dict)
    tables: dict[str, int] = field(default_factory=dict)
    placements: dict[str, int] = field(default_factory=dict)
    dead_letters: int = 0
    alerts: list[Row] = field(default_factory=list)
    equities: EquitiesReport = field(default_factory=EquitiesReport)
    digests: dict[str, str] = field(default_factory=dict)
    repeats: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return {
            "topics": self.topics,
            "tables": self.tables,
            "placements": self.placements,
            "dead_letters": self.dead_letters,
            "alerts": self.alerts,
            "equities": self.equities.as_json(),
            "digests": self.digests,
            "repeats": self.repeats,
        }


def report(settings: ServiceSettings, addresses: StackAddresses, *, digest: bool) -> Report:
    """
    Read the report off log and tables.

    Parameters
    ----------
    settings : ServiceSettings
        Which database.
    addresses : StackAddresses
        The services.
    digest : bool
        Also read every topic through and digest it.

    Raises
    ------
    ContradictingRecords
        Two records of one id differ; only found when digesting.
    """
    out = Report()
    for name in topics():
        if digest:
            found = digest_topic(addresses, name)
            out.topics[name] = found.records
            out.digests[name] = found.sha256
            out.repeats[name] = found.repeats
        else:
            out.topics[name] = describe_topic(addresses.kafka, name).records
    out.dead_letters = len(list_dead_letters(addresses.kafka, topics()))
    with open_tables(settings, addresses) as tables:
        for topic in topics().values():
            sql = f"SELECT count() AS n FROM {topic.table} FINAL"  # noqa: S608 - our own table name
            out.tables[topic.table] = int(tables.rows(sql)[0]["n"])
        sides = "SELECT nbbo_side, count() AS n FROM options_tape FINAL GROUP BY 1 ORDER BY n DESC"
        out.placements = {row["nbbo_side"]: int(row["n"]) for row in tables.rows(sides)}
        order = "score DESC, total_premium DESC, first_ts, alert_id"
        sql = f"SELECT {ALERT_COLUMNS} FROM flow_alerts FINAL ORDER BY {order}"  # noqa: S608 - our own columns
        out.equities = equities_report(tables)
        out.alerts = tables.rows(sql)
    return out
