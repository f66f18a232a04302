"""`islandflow topics`: the log's topics as code."""

import re
from collections.abc import Generator
from contextlib import closing
from enum import StrEnum
from typing import Annotated
from typing import cast

import msgspec
import typer

from connectors.kafka.admin import apply_topics
from connectors.kafka.admin import describe_topic
from connectors.kafka.admin import list_topics
from connectors.kafka.bounded import BEGINNING
from connectors.kafka.bounded import END
from connectors.kafka.bounded import Start
from connectors.kafka.tail import TailedRecord
from connectors.kafka.tail import tail
from flows.common.calendar import NS_PER_MS
from infra.cli.options import DataOption
from infra.cli.options import JsonOption
from infra.cli.options import stored_services
from infra.cli.output import console
from infra.cli.output import counted
from infra.cli.output import print_json
from infra.cli.output import table
from infra.cli.times import parse_time
from infra.errors import MisconfiguredInfra
from infra.pipeline.services import services
from infra.settings import load_settings
from redpanda.catalog import topic_catalog

app = typer.Typer(help="Create, list, describe and follow topics.", no_args_is_help=True)


@app.command()
def apply(data: DataOption = None, as_json: JsonOption = False) -> None:
    """
    Make the broker's topics match redpanda/topics.yaml.

    [dim]Example[/dim]

      KAFKA_BROKERS=broker:9092 … islandflow topics apply
    """
    settings = load_settings().services
    with services(settings, data or settings.islandflow_data_dir) as addresses:
        changes = apply_topics(addresses.kafka, topic_catalog())
    if as_json:
        print_json(msgspec.to_builtins(changes))
        return
    rows = [(change.topic, change.action, change.detail) for change in changes]
    console().print(table("", ("topic", "what", "detail"), rows))


@app.command()
def ls(data: DataOption = None, as_json: JsonOption = False) -> None:
    """
    List topics with their partitions and records.

    [dim]Example[/dim]

      islandflow topics ls --data ./vst
    """
    settings = load_settings().services
    with stored_services(settings, data) as addresses:
        counts = list_topics(addresses.kafka)
        found = [describe_topic(addresses.kafka, name) for name in counts]
    if as_json:
        print_json(
            {
                each.topic: {"partitions": len(each.partitions), "records": each.records}
                for each in found
            }
        )
        return
    rows = [(each.topic, len(each.partitions), f"{each.records:,}") for each in found]
    console().print(table("", ("topic", "partitions#", "records#"), rows))


@app.command()
def describe(
    topic: Annotated[str, typer.Argument(help="Topic.")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """
    Show offsets and settings of a topic.

    [dim]Example[/dim]

      islandflow topics describe options.tape
    """
    settings = load_settings().services
    with stored_services(settings, data) as addresses:
        found = describe_topic(addresses.kafka, topic)
    if as_json:
        print_json(msgspec.to_builtins(found))
        return
    rows = [
        (each.partition, f"{each.first_offset:,}", f"{each.next_offset:,}")
        for each in found.partitions
    ]
    title = f"{topic}: {counted(found.records, 'record')}"
    console().print(table(title, ("partition#", "first#", "next#"), rows))
    console().print()
    console().print(table("", ("setting", "value"), sorted(found.configs.items())))


class Origin(StrEnum):
    """Words for a place to start."""

    BEGINNING = "beginning"
    END = "end"


def parse_start(text: str) -> Start:
    """
    Read where to start: `beginning`, `end`, an offset, or a New York or ISO time.

    Raises
    ------
    MisconfiguredInfra
        The text is none of these.

    Examples
    --------
    >>> parse_start("-5").value
    -5
    >>> parse_start("2025-05-23T10:08:25").kind
    'time'
    """
    if text in {Origin.BEGINNING, Origin.END}:
        return BEGINNING if text == Origin.BEGINNING else END
    if re.fullmatch(r"-?\d+", text):
        return Start("offset", int(text))
    try:
        at_ns = parse_time(text, "--from")
    except MisconfiguredInfra:
        at_ns = 0
    if not at_ns:
        msg = (
            f"--from is {text!r}, expected beginning, end, an offset (negative counts from the "
            "end), or a time such as 2025-05-23T10:08:25 (New York unless it says otherwise)"
        )
        raise MisconfiguredInfra(msg)
    return Start("time", round(at_ns / NS_PER_MS))


@app.command("tail")
def tail_command(
    topic: Annotated[str, typer.Argument(help="Topic.")],
    start: Annotated[
        str, typer.Option("--from", help="beginning, end, an offset, or a time.")
    ] = "-10",
    key: Annotated[str | None, typer.Option(help="Only this key, e.g. SPY.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait for more.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="Stop after so many, 0 for all.")] = 0,
    data: DataOption = None,
) -> None:
    """
    Print decoded records, one JSON object a line.

    [dim]Examples[/dim]

      islandflow topics tail flow.alerts --follow

      islandflow topics tail options.tape --key VST --from 2025-05-23T10:08:25 --limit 5
    """
    settings = load_settings().services
    begin = parse_start(start)
    with stored_services(settings, data) as addresses:
        found = tail(addresses.kafka, addresses.registry, topic, begin, key=key, follow=follow)
        # Closed before the services: a reader left open complains when they go.
        with closing(cast(Generator[TailedRecord, None, None], found)):
            for count, each in enumerate(found, 1):
                print_json(_shown(each))
                if count == limit:
                    break


def _shown(each: TailedRecord) -> dict[str, object]:
    source = each.source
    place = {"partition": source.partition, "offset": source.offset}
    if each.record is not None:
        return {**place, "record": msgspec.to_builtins(each.record)}
    raw = None if source.value is None else source.value[:200].hex()
    return {**place, "error": each.error, "headers": dict(source.headers), "value_hex": raw}
