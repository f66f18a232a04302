"""The topics, tables and folder of a run: made before it, taken away after it."""

import shutil
from pathlib import Path

import msgspec

from connectors.clickhouse.config import ClickHouseConfig
from connectors.clickhouse.run_tables import create_run_tables
from connectors.clickhouse.run_tables import drop_run_tables
from connectors.kafka.admin import apply_topics
from connectors.kafka.admin import delete_topics
from connectors.kafka.admin import list_topics
from connectors.kafka.marks import MARKS_TOPIC
from connectors.kafka.namespace import in_namespace
from connectors.tape.model import TAPE_TOPICS
from infra.embedded.stack import StackAddresses
from infra.pipeline.scope import Scope
from infra.replay.names import database_of
from infra.replay.names import folder_of
from infra.replay.names import namespace_of
from infra.replay.names import run_of_topic
from infra.replay.request import ReplayRequest
from infra.settings import ServiceSettings
from redpanda.catalog import TopicSpec
from redpanda.catalog import topic_catalog
from redpanda.catalog import topics_of


def run_topics(namespace: str, *, is_clocked: bool) -> dict[str, TopicSpec]:
    """
    Return the topics of a run's generation as they are to be.

    Those it derives and the dead letters of all, and, where raw records are copied, their topics
    and that of the marks.
    """
    catalog = topic_catalog()
    names = [name for name, spec in catalog.items() if spec.kind in {"derived", "dead_letters"}]
    names = [name for name in names if not name.startswith("control.")]
    if is_clocked:
        names += TAPE_TOPICS
    specs = [msgspec.structs.replace(catalog[name], name=name) for name in names]
    if is_clocked:
        specs.append(msgspec.structs.replace(catalog[TAPE_TOPICS[0]], name=MARKS_TOPIC))
    found = [
        msgspec.structs.replace(spec, name=in_namespace(namespace, spec.name)) for spec in specs
    ]
    return {spec.name: spec for spec in found}


def open_estate(
    request: ReplayRequest, generation: int, settings: ServiceSettings, addresses: StackAddresses
) -> Scope:
    """
    Create topics and tables of a run's generation; return where its flows work.

    Of tables there is one set a run: a later generation has them empty.

    Parameters
    ----------
    request : ReplayRequest
        The run.
    generation : int
        From 1.
    settings : ServiceSettings
        Name of the live database.
    addresses : StackAddresses
        The services.
    """
    namespace = namespace_of(request.run, generation)
    apply_topics(addresses.kafka, run_topics(namespace, is_clocked=request.is_clocked))
    database = ""
    if request.is_stored:
        database = database_of(settings.clickhouse_database, request.run)
        config = ClickHouseConfig(url=addresses.clickhouse, database=database)
        if generation > 1:
            drop_run_tables(config)
        create_run_tables(config, settings.clickhouse_database, topics_of("derived"), TAPE_TOPICS)
    return Scope(
        namespace=namespace,
        raw_namespace=namespace if request.is_clocked else "",
        database=database,
        from_ns=request.first_ns,
        until_ns=request.to_ns,
        keys=request.underlyings,
    )


def topics_of_runs(kafka: str) -> dict[str, list[str]]:
    """Return the topics of every run the log has any of, by run."""
    found: dict[str, list[str]] = {}
    for name in list_topics(kafka):
        owner = run_of_topic(name)
        if owner is not None:
            found.setdefault(owner[0], []).append(name)
    return found


def close_estate(
    run: str, settings: ServiceSettings, addresses: StackAddresses, data_dir: Path
) -> bool:
    """
    Delete the topics of all generations of a run, its database and its folder.

    Returns
    -------
    bool
        Whether there was any of it.

    Notes
    -----
    What is raw in the live topics and tables is not touched. Interrupted, it can be repeated.
    """
    topics = topics_of_runs(addresses.kafka).get(run, [])
    deleted = delete_topics(addresses.kafka, topics)
    database = database_of(settings.clickhouse_database, run)
    had_tables = drop_run_tables(ClickHouseConfig(url=addresses.clickhouse, database=database))
    folder = folder_of(data_dir, run)
    had_folder = folder.exists()
    shutil.rmtree(folder, ignore_errors=True)
    return bool(deleted) or had_tables or had_folder
