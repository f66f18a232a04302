"""Commands that look at the log and the tables while a stack runs: topics, dlq, sql, trace."""

import csv
import io
import json
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from infra.embedded.stack import EmbeddedStack
from infra.embedded.stack import StackAddresses
from schemas.catalog import topics
from tests.infra.cli.command import Outcome
from tests.infra.cli.command import in_process
from tests.infra.cli.command import islandflow
from tests.infra.cli.market_file import market_file
from tests.services.flow_services import FlowProcess

POISON = b"\x00\x00\x00\x00\x01 no record"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("log") / "data"


@pytest.fixture(scope="module")
def stack(data: Path) -> Iterator[StackAddresses]:
    """Yield the services of a folder on which a file was run."""
    tape = market_file(data.parent / "hour.csv", 120)
    with EmbeddedStack(data) as stack:
        ran = islandflow("run", tape, "--data", data, "--json")
        assert ran.json()["dead_letters"] == 0
        yield stack.addresses


Ask = Callable[..., Outcome]


@pytest.fixture
def ask(data: Path, stack: StackAddresses, monkeypatch: pytest.MonkeyPatch) -> Ask:
    del stack
    monkeypatch.setenv("COLUMNS", "120")

    def asked(*arguments: str) -> Outcome:
        return in_process(*arguments, "--data", data)

    return asked


def lines(found: Outcome) -> list[dict[str, Any]]:
    assert found.code == 0, found.err
    return [json.loads(line) for line in found.out.splitlines()]


def test_ls_lists_every_topic_with_its_records(ask: Ask) -> None:
    found = ask("topics", "ls", "--json").json()
    shown = ask("topics", "ls")

    assert set(topics()) <= set(found)
    assert all(f"{name}.dlq" in found for name in topics())
    assert found["options.prints"]["partitions"] == 8
    assert found["options.prints"]["records"] >= 120
    assert "options.tape" in shown.out


def test_apply_on_an_applied_log_changes_nothing(ask: Ask) -> None:
    changes = ask("topics", "apply", "--json").json()

    assert {change["action"] for change in changes} == {"unchanged"}


def test_describe_shows_offsets_and_settings(ask: Ask) -> None:
    found = ask("topics", "describe", "options.tape", "--json").json()
    unknown = ask("topics", "describe", "options.tapes")

    assert len(found["partitions"]) == 8
    assert found["configs"]["cleanup.policy"] == "delete"
    assert unknown.code == 1
    assert "no topic 'options.tapes'" in unknown.err


def test_tail_from_the_beginning_shows_every_record(ask: Ask) -> None:
    total = ask("topics", "ls", "--json").json()["options.tape"]["records"]
    found = lines(ask("topics", "tail", "options.tape", "--from", "beginning"))

    assert len(found) == total
    assert all(each["record"]["schema_version"] == "options.tape.v1" for each in found)


def test_tail_picks_a_key(ask: Ask) -> None:
    found = lines(ask("topics", "tail", "options.tape", "--from", "beginning", "--key", "AAA"))

    assert found
    assert {each["record"]["underlying_id"] for each in found} == {"AAA"}
    assert len({each["partition"] for each in found}) == 1


def test_tail_starts_at_an_offset_and_stops_at_a_limit(ask: Ask) -> None:
    found = lines(
        ask(*("topics", "tail", "options.tape", "--from", "2", "--key", "AAA", "--limit", "2"))
    )
    last = lines(ask("topics", "tail", "options.tape", "--from", "-1"))

    assert len(found) == 2
    assert found[0]["offset"] >= 2
    places = [each["partition"] for each in last]
    assert len(places) == len(set(places)) > 1


def test_tail_starts_at_a_new_york_time(ask: Ask) -> None:
    # 10:20 in New York on 2024-03-04 is 15:20 UTC.
    begin_ns = 1_709_565_600 * 10**9
    everything = lines(ask("topics", "tail", "options.prints", "--from", "beginning"))
    found = lines(ask("topics", "tail", "options.prints", "--from", "2024-03-04T10:20:00"))

    expected = [each for each in everything if each["record"]["source_ts"] >= begin_ns]
    assert 0 < len(found) == len(expected) < len(everything)


def test_tail_says_what_a_start_may_be(ask: Ask) -> None:
    found = ask("topics", "tail", "options.tape", "--from", "yesterday")

    assert found.code == 1
    assert "expected beginning, end, an offset" in found.err


def test_sql_prints_tables_json_and_csv(ask: Ask) -> None:
    statement = (
        "SELECT root, count() AS n, NULL AS empty FROM options_tape FINAL GROUP BY 1 ORDER BY 1"
    )
    as_json = ask("sql", statement, "--json").json()
    as_csv = list(csv.DictReader(io.StringIO(ask("sql", statement, "--format", "csv").out)))
    as_table = ask("sql", statement).out

    assert [row["root"] for row in as_json] == sorted(row["root"] for row in as_json)
    assert [(row["root"], int(row["n"])) for row in as_csv] == [
        (row["root"], row["n"]) for row in as_json
    ]
    assert all(row["root"] in as_table for row in as_json)
    assert as_table.startswith(f"{len(as_json)} rows")
    assert "None" not in as_table


def test_sql_without_rows_still_names_its_columns_in_csv(ask: Ask) -> None:
    statement = "SELECT root FROM options_tape WHERE 0"

    assert ask("sql", statement, "--format", "csv").out == '"root"\n'
    assert ask("sql", statement).out == "no rows\n"
    assert ask("sql", statement, "--json").json() == []


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("DROP TABLE options_tape", "this command only reads"),
        ("INSERT INTO options_tape SELECT * FROM options_tape", "this command only reads"),
        ("ALTER TABLE options_tape DELETE WHERE 1", "this command only reads"),
        ("SELEC 1", "Syntax error"),
        ("SELECT * FROM nothing", "SHOW TABLES lists what there is"),
        ("SELECT nothing FROM options_tape", "DESCRIBE TABLE"),
    ],
)
def test_sql_refuses_to_write_and_says_what_is_wrong(
    ask: Ask,
    statement: str,
    says: str,
) -> None:
    found = ask("sql", statement)

    assert (found.code, found.out) == (1, "")
    assert says in found.err
    assert len(found.err) < 400
    assert ask("sql", "SELECT count() AS n FROM options_tape", "--json").json()[0]["n"] > 0


def test_trace_of_an_unknown_id_says_what_ids_look_like(ask: Ask) -> None:
    found = ask("trace", "al:nothing")

    assert found.code == 1
    assert (
        "no alert with id al:nothing; ids begin with al:, alert:, hit:, sm:, pk:, st:," in found.err
    )


def test_trace_shows_a_packet_with_its_prints(ask: Ask) -> None:
    statement = "SELECT id, member_count FROM flow_packets FINAL ORDER BY member_count DESC LIMIT 1"
    (packet,) = ask("sql", statement, "--json").json()

    shown = ask("trace", packet["id"])
    chain = ask("trace", packet["id"], "--json").json()

    assert len(chain["children"]) == packet["member_count"] > 1
    assert f"{packet['member_count']} prints" in shown.out
    assert all(child["id"] in shown.out for child in chain["children"])


def test_poison_becomes_a_dead_letter_that_can_be_shown_and_replayed(
    ask: Ask,
    stack: StackAddresses,
    tmp_path: Path,
) -> None:
    producer = Producer({"bootstrap.servers": stack.kafka})
    producer.produce("options.prints", value=POISON, key=b"AAA", partition=3)
    assert producer.flush(10) == 0

    derive(stack, tmp_path)
    (letter,) = ask("dlq", "ls", "--topic", "options.prints", "--json").json()

    assert (letter["topic"], letter["partition"]) == ("options.prints", 3)
    assert (letter["attempt"], letter["origin"]) == (1, "islandflow-options")
    assert (letter["is_replayable"], letter["is_replayed"]) == (True, False)
    assert letter["error"]
    assert ask("dlq", "show", letter["id"]).json()["value"].endswith(" no record")
    assert "options.prints.dlq/0" in ask("dlq", "ls").out
    (raw,) = lines(ask("topics", "tail", "options.prints.dlq"))
    assert {"error", "topic", "partition", "offset", "attempt"} <= set(raw["headers"])

    assert ask("dlq", "replay", "--json").json() == {"replayed": 1, "skipped": 0}
    assert ask("dlq", "replay").out == "nothing to replay\n"
    derive(stack, tmp_path)
    letters = ask("dlq", "ls", "--topic", "options.prints", "--json").json()

    assert [(each["attempt"], each["is_replayed"]) for each in letters] == [(1, True), (2, False)]


def derive(stack: StackAddresses, folder: Path) -> None:
    """Let the options flow read the log to its end."""
    with FlowProcess("options", stack, folder) as flow:
        flow.finish()


def test_unknown_dead_letters_are_named(ask: Ask) -> None:
    assert "expected e.g. options.prints.dlq/0" in ask("dlq", "show", "x").err
    assert "has no letter 99" in ask("dlq", "show", "options.nbbo.dlq/99").err
    assert "no topic 'nothing.dlq'" in ask("dlq", "ls", "--topic", "nothing").err
