"""`islandflow dlq`: what was rejected, why, and again."""

from typing import Annotated

import typer

from connectors.kafka.admin import list_topics
from connectors.kafka.dlq import DeadLetter
from connectors.kafka.dlq import list_dead_letters
from connectors.kafka.dlq import replay_dead_letters
from infra.cli.options import DataOption
from infra.cli.options import JsonOption
from infra.cli.options import stored_services
from infra.cli.output import console
from infra.cli.output import counted
from infra.cli.output import print_json
from infra.cli.output import table
from infra.errors import MisconfiguredInfra
from infra.settings import load_settings
from redpanda.catalog import DEAD_LETTER_SUFFIX

app = typer.Typer(help="List, show and replay dead letters.", no_args_is_help=True)

SHOWN_BYTES = 2000
TopicsOption = Annotated[
    list[str] | None, typer.Option("--topic", help="Only letters of this topic; repeatable.")
]


def letter_topics(kafka: str, chosen: list[str] | None) -> list[str]:
    """Return the topics whose dead letters are meant: those named, else all that have some."""
    if chosen:
        return chosen
    names = list_topics(kafka)
    return [name[: -len(DEAD_LETTER_SUFFIX)] for name in names if name.endswith(DEAD_LETTER_SUFFIX)]


def _as_json(letter: DeadLetter) -> dict[str, object]:
    return {
        "id": f"{letter.letter_topic}/{letter.letter_offset}",
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "position": letter.position,
        "origin": letter.origin,
        "error": letter.error,
        "attempt": letter.attempt,
        "is_replayed": letter.is_replayed,
        "is_replayable": letter.is_replayable,
        "value": None
        if letter.value is None
        else letter.value[:SHOWN_BYTES].decode("utf-8", "backslashreplace"),
    }


@app.command()
def ls(topic: TopicsOption = None, data: DataOption = None, as_json: JsonOption = False) -> None:
    """
    List dead letters.

    [dim]Example[/dim]

      islandflow dlq ls --topic options.prints --data ./vst
    """
    settings = load_settings().services
    with stored_services(settings, data) as addresses:
        letters = list_dead_letters(addresses.kafka, letter_topics(addresses.kafka, topic))
    if as_json:
        print_json([_as_json(letter) for letter in letters])
        return
    rows = [
        (
            f"{letter.letter_topic}/{letter.letter_offset}",
            letter.position or f"{letter.partition}:{letter.offset}",
            letter.origin,
            letter.attempt,
            "yes" if letter.is_replayed else "",
            letter.error,
        )
        for letter in letters
    ]
    columns = ("id", "place", "by", "attempt#", "replayed", "error")
    console().print(table(counted(len(letters), "dead letter"), columns, rows))


@app.command()
def show(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="As `dlq ls` prints it.")],
    data: DataOption = None,
) -> None:
    """
    Show one dead letter with its raw bytes.

    [dim]Example[/dim]

      islandflow dlq show options.prints.dlq/0
    """
    name, _, number = identifier.rpartition("/")
    if not name.endswith(DEAD_LETTER_SUFFIX) or not number.isdecimal():
        msg = f"{identifier!r} is no dead letter's id, expected e.g. options.prints.dlq/0"
        raise MisconfiguredInfra(msg)
    settings = load_settings().services
    with stored_services(settings, data) as addresses:
        letters = list_dead_letters(addresses.kafka, [name[: -len(DEAD_LETTER_SUFFIX)]])
    for letter in letters:
        if letter.letter_offset == int(number):
            print_json(_as_json(letter))
            return
    msg = f"{name} has no letter {number}; `islandflow dlq ls` lists them"
    raise MisconfiguredInfra(msg)


@app.command()
def replay(
    topic: TopicsOption = None, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """
    Send every dead letter not yet replayed back to its topic.

    What a feed rejected before publishing is passed over: correct the file and run it again.

    [dim]Example[/dim]

      islandflow dlq replay --topic options.prints
    """
    settings = load_settings().services
    with stored_services(settings, data) as addresses:
        result = replay_dead_letters(addresses.kafka, letter_topics(addresses.kafka, topic))
    if as_json:
        print_json({"replayed": len(result.replayed), "skipped": len(result.skipped)})
        return
    out = console()
    if not result.replayed and not result.skipped:
        out.print("nothing to replay")
    if result.replayed:
        out.print(f"sent {counted(len(result.replayed), 'message')} back to the log")
    if result.skipped:
        out.print(
            f"passed over {counted(len(result.skipped), 'row')} that a feed rejected before "
            "publishing; correct the file and run it again"
        )
