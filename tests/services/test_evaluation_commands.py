"""A recorded run is judged from its tables, and its structures are shown leg by leg."""

import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
import typer
from typer.testing import CliRunner

from connectors.clickhouse.client import ClickHouseClient
from connectors.clickhouse.config import ClickHouseConfig
from connectors.clickhouse.ddl import create_tables
from connectors.clickhouse.http import ClickHouseHttp
from connectors.clickhouse.sink import TableWriter
from connectors.kafka.batch import TopicBatch
from connectors.kafka.serde import AvroWire
from connectors.memory.registry import MemoryRegistry
from flows.options.config import OptionsConfig
from infra.cli.evaluate import evaluate
from infra.cli.output import eastern
from infra.cli.structures import structures
from infra.embedded.stack import EmbeddedStack
from infra.embedded.stack import StackAddresses
from infra.errors import MisconfiguredInfra
from infra.evaluation.match import Outcome
from infra.evaluation.run import OptionsRunner
from infra.evaluation.scenarios import outcomes_of
from infra.evaluation.stored import evaluate_stored
from infra.evaluation.stored import read_labels
from infra.evaluation.views import DerivedRecord
from schemas.catalog import topic_of
from schemas.records import FlowPacket
from schemas.records import PacketLeg
from schemas.records import PacketStructure
from schemas.records import StructureCandidate
from tests.infra.evaluation.sweep import ASK
from tests.infra.evaluation.sweep import BID
from tests.infra.evaluation.sweep import EXPIRY
from tests.infra.evaluation.sweep import SIZE
from tests.infra.evaluation.sweep import sweep_run

RUN = sweep_run()
LONG, SHORT = "NVDA-2025-06-05-131-C", "NVDA-2025-06-05-135-C"
STRUCTURE_ID = "st:NVDA:00000000deadbeef"

app = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False)
app.command()(evaluate)
app.command()(structures)


@pytest.fixture(scope="module")
def derived() -> list[DerivedRecord]:
    (found,) = OptionsRunner(OptionsConfig()).run([RUN.items])
    return found


def leg(contract: str, side: str, price: float, place: float, delta: float) -> PacketLeg:
    strike = float(contract.split("-")[4])
    premium = price * SIZE * 100
    return PacketLeg(
        contract, None, "C", strike, EXPIRY, side, 1, SIZE, price, premium, delta, 0.5, place
    )


def debit_vertical(packet: FlowPacket) -> FlowPacket:
    found = PacketStructure(
        type="vertical",
        variant="debit",
        tier=1,
        confidence=0.9,
        candidates=(StructureCandidate("vertical", 1.0),),
        package_side="bought",
        package_probability=0.85,
        package_position=0.9,
        net_price=1.6,
        net_premium=64_000.0,
        gross_premium=184_000.0,
        premium_basis=64_000.0,
        net_delta_shares=8_000.0,
        net_delta_ratio=0.25,
        direction="bullish",
        stock_tied=False,
        symmetry=1.0,
        strikes=(131.0, 135.0),
        expiries=(EXPIRY,),
    )
    return msgspec.structs.replace(
        packet,
        id=STRUCTURE_ID,
        trace_id=STRUCTURE_ID,
        packet_kind="structure",
        option_contract_id=None,
        legs=(leg(LONG, "bought", ASK, 1.0, 0.5), leg(SHORT, "sold", 1.5, 0.2, -0.3)),
        structure=found,
    )


def store(records: list[DerivedRecord], url: str) -> None:
    config = ClickHouseConfig(url=url)
    create_tables(config)
    wire = AvroWire(MemoryRegistry())
    topics: dict[str, list[DerivedRecord]] = defaultdict(list)
    for record in records:
        topics[topic_of(type(record)).name].append(record)
    for topic, found in topics.items():
        encode = wire.encoder(topic)
        count = len(found)
        batch = TopicBatch(
            topic,
            [encode(record) for record in found],
            [None] * count,
            [0] * count,
            list(range(count)),
            {0: count},
        )
        writer = TableWriter(config, ClickHouseHttp(config), wire, threading.Event())
        assert writer.write(batch) == []


@pytest.fixture(scope="module")
def addresses(
    derived: list[DerivedRecord], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, StackAddresses]]:
    """Yield a data folder that holds the derived sweep and one structure, and its services."""
    folder = tmp_path_factory.mktemp("evaluated") / "data"
    packet = next(record for record in derived if isinstance(record, FlowPacket))
    with EmbeddedStack(folder) as stack:
        store([*derived, debit_vertical(packet)], stack.addresses.clickhouse)
        yield folder, stack.addresses


@pytest.fixture
def data(addresses: tuple[Path, StackAddresses]) -> Path:
    return addresses[0]


@pytest.fixture
def tables(addresses: tuple[Path, StackAddresses]) -> Iterator[ClickHouseClient]:
    with closing(ClickHouseClient(addresses[1].clickhouse)) as client:
        yield client


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "labels.jsonl"
    path.write_bytes(b"".join(msgspec.json.encode(label) + b"\n" for label in RUN.labels))
    return path


def test_a_recorded_run_is_judged_as_it_was_when_it_ran(
    data: Path, labels: Path, derived: list[DerivedRecord]
) -> None:
    found = CliRunner().invoke(
        app, ["evaluate", "--labels", str(labels), "--data", str(data), "--json"]
    )

    (outcome,) = json.loads(found.stdout)["outcomes"]
    (live,) = outcomes_of(RUN, derived, outcome["run"])
    assert msgspec.convert(outcome, Outcome) == live
    assert outcome["predicted"] == "institutional_directional"
    assert (found.exit_code == 0) == live.is_pass


def test_labels_of_another_folder_are_refused(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "other.jsonl"
    stranger = msgspec.structs.replace(RUN.labels[0], print_trace_ids=("elsewhere",))
    path.write_bytes(msgspec.json.encode(stranger))

    found = CliRunner().invoke(app, ["evaluate", "--labels", str(path), "--data", str(data)])

    assert isinstance(found.exception, MisconfiguredInfra)
    assert "prints of none of its labels" in str(found.exception)


@pytest.mark.parametrize(
    ("text", "error"), [("{}\n", "labels.jsonl:1 is no label"), ("\n", "no labels")]
)
def test_a_file_that_holds_no_labels_is_refused(tmp_path: Path, text: str, error: str) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(text)

    with pytest.raises(MisconfiguredInfra, match=error):
        read_labels(path)


def test_structures_are_shown_leg_by_leg(data: Path) -> None:
    found = CliRunner().invoke(app, ["structures", "--data", str(data)], env={"COLUMNS": "160"})

    assert found.exit_code == 0, found.exception
    lines = [" ".join(line.split()) for line in found.stdout.splitlines()]
    assert lines[0] == "1 structure"
    assert lines[2].endswith("ET NVDA vertical debit bullish tier 1, confidence 0.90")
    assert f"bought 1 {LONG} {SIZE} 3.10 {BID:.2f} × {ASK:.2f} 1.00 +0.500 $124.0K" in lines
    assert f"sold 1 {SHORT} {SIZE} 1.50 – 0.20 -0.300 $60.0K" in lines
    assert "net 1.60 debit, $64.0K paid; gross $184.0K, scored on $64.0K" in lines
    assert STRUCTURE_ID in lines


def test_structures_of_one_underlying_as_json(data: Path) -> None:
    ask = ["structures", "--data", str(data), "--json", "--underlying"]

    own = json.loads(CliRunner().invoke(app, [*ask, "nvda"]).stdout)
    other = json.loads(CliRunner().invoke(app, [*ask, "SPY"]).stdout)

    assert other == []
    assert [each["id"] for each in own] == [STRUCTURE_ID]
    assert [each["nbbo"] for each in own[0]["legs"]] == [[BID, ASK], None]
    assert own[0]["structure"]["net_delta_shares"] == 8_000.0


def test_structures_are_chosen_by_type_and_time(data: Path) -> None:
    ask = ["structures", "--data", str(data), "--json"]
    (found,) = json.loads(CliRunner().invoke(app, ask).stdout)
    began = eastern(found["start_ts"], date=True)

    for wanted, count in [
        (["--type", "Vertical"], 1), (["--type", "box"], 0),
        (["--at", began[:10]], 1), (["--at", began[:19]], 1), (["--at", "1999-01-01"], 0),
    ]:  # fmt: skip
        assert len(json.loads(CliRunner().invoke(app, [*ask, *wanted]).stdout)) == count


def test_labels_with_many_prints_are_asked_for_in_pieces(tables: ClickHouseClient) -> None:
    label = RUN.labels[0]
    many = [msgspec.structs.replace(label, label_id=f"l{number}") for number in range(120)]

    evaluation = evaluate_stored(tables, many, "again")

    assert len(evaluation.outcomes) == 120
    assert (
        len({msgspec.structs.replace(each, label_id="", run="") for each in evaluation.outcomes})
        == 1
    )


def test_label_whose_follow_up_lies_behind_the_end_is_passed_over(
    tables: ClickHouseClient,
) -> None:
    label = RUN.labels[0]
    early = msgspec.structs.replace(label, label_id="early", scenario_id="absorbed_sweep")

    evaluation = evaluate_stored(tables, [label, early], "cut")

    assert [outcome.label_id for outcome in evaluation.outcomes] == [label.label_id]
