"""Labels: complete, true to the log, and never in it."""

import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import cast

import msgspec
import pytest

from connectors.feeds.base.items import Accepted
from connectors.feeds.base.items import FeedItem
from connectors.feeds.base.publisher import FeedPublisher
from connectors.feeds.base.publisher import PublishSummary
from connectors.feeds.synthetic.labels import Expectation
from connectors.feeds.synthetic.labels import Label
from connectors.feeds.synthetic.labels import LabelBook
from connectors.feeds.synthetic.labels import LabelFile
from connectors.feeds.synthetic.live import LiveSynthetic
from connectors.feeds.synthetic.scenarios import expectation
from connectors.feeds.synthetic.scenarios import scenario_ids
from connectors.feeds.synthetic.scenarios import scenario_run
from schemas.records import OptionsPrint
from tests.connectors.feeds.synthetic.sample import OPEN
from tests.connectors.feeds.synthetic.sample import labelled
from tests.connectors.feeds.synthetic.sample import only

LABEL = Label("lb:1", "call_sweep", "institutional", (), None, "bullish", (0.7, 0.9), ("x",))


def strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for part in value.values() for text in strings(part)]
    if isinstance(value, list | tuple):
        return [text for part in value for text in strings(part)]
    return []


def assert_tells_nothing(
    records: list[msgspec.Struct] | tuple[object, ...], labels: list[Label]
) -> None:
    names = {
        *scenario_ids(),
        *(label.family for label in labels),
        *(label.label_id for label in labels),
    }
    names |= {name for each in scenario_ids() for name in expectation(each).must_fire}
    for record in records:
        fields = msgspec.structs.asdict(record)  # type: ignore[arg-type] # records are structs
        # The version names the topic, refdata.events, not the family of that name.
        del fields["schema_version"]
        text = " ".join(strings(fields)).lower()
        assert not any(name in text for name in names), text


@pytest.mark.parametrize("scenario_id", scenario_ids())
def test_no_field_of_a_scenario_names_it(scenario_id: str) -> None:
    for seed in range(3):
        run = scenario_run(scenario_id, seed)
        assert_tells_nothing(run.items, list(run.labels))


def test_no_field_of_the_live_market_names_a_scenario() -> None:
    found, labels = labelled("active", 300)

    assert_tells_nothing(tuple(found), labels)


@pytest.mark.parametrize(
    ("mode", "ticks"), [("realistic", 1_200), ("active", 300), ("firehose", 30)]
)
def test_labels_refer_to_prints_of_the_log_in_order(mode: str, ticks: int) -> None:
    found, labels = labelled(mode, ticks)

    places = {each.trace_id: n for n, each in enumerate(only(found, OptionsPrint))}
    assert len({label.label_id for label in labels}) == len(labels)
    seen: set[str] = set()
    for label in labels:
        order = [places[print_id] for print_id in label.print_trace_ids]
        assert order == sorted(set(order))
        assert seen.isdisjoint(label.print_trace_ids)
        seen.update(label.print_trace_ids)


def test_live_market_plays_the_whole_repertoire_at_its_rate() -> None:
    _, labels = labelled("active", 1_200)

    # 20 a minute, less what finds no underlying free.
    assert 300 <= len(labels) <= 440
    assert {label.scenario_id for label in labels} == set(scenario_ids())


def test_realistic_market_plays_nearly_all_it_begins() -> None:
    _, labels = labelled("realistic", 1_200)

    assert 85 <= len(labels) <= 140


def test_without_scenarios_nothing_is_labelled() -> None:
    _, labels = labelled("active", 60, scenarios=False)

    assert labels == []


def test_live_labels_are_those_of_the_scenario_by_itself() -> None:
    _, labels = labelled("active", 240)

    for label in labels:
        wanted = expectation(label.scenario_id)
        assert label.profile_id == wanted.profile_id
        assert label.probability_range == wanted.probability_range
        if wanted.direction != "unknown":
            assert label.direction == wanted.direction


def test_label_is_delivered_with_its_last_print() -> None:
    delivered: list[Label] = []
    book = LabelBook(delivered.append)
    book.begin(LABEL, 2)

    book.add("lb:1", "a")
    assert delivered == []
    book.add("lb:1", "b")

    assert [label.print_trace_ids for label in delivered] == [("a", "b")]


def test_file_holds_one_line_a_label_and_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "labels.jsonl"
    for _ in range(2):
        with LabelFile(path) as file:
            file.write(LABEL)
            file.write(LABEL)

    lines = path.read_bytes().splitlines()
    assert [msgspec.json.decode(line, type=Label) for line in lines] == [LABEL, LABEL]
    assert set(msgspec.json.decode(lines[0])) == {
        *("label_id", "scenario_id", "family", "print_trace_ids", "profile_id", "direction"),
        *("probability_range", "classifiers"),
    }


class TakingPublisher:
    """Takes a number of items and stops."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.taken: list[FeedItem] = []

    def publish(self, items: Iterable[FeedItem], *_: object, **__: object) -> PublishSummary:
        self.taken = list(itertools.islice(items, self.count))
        return PublishSummary(self.count, 0, 0, (), {}, stopped=True, elapsed_s=0.0)


def test_live_market_writes_its_labels_beside_the_log(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    publisher = TakingPublisher(60_000)
    live = LiveSynthetic(
        cast(FeedPublisher, publisher), seed=7, mode="active", start_ts=OPEN, labels_path=path
    )

    live.run()

    found = [msgspec.json.decode(line, type=Label) for line in path.read_bytes().splitlines()]
    _, wanted = labelled("active", 400, equities_mode="active")
    assert len(found) > 50
    assert found == wanted[: len(found)]
    published = {item.record.trace_id for item in publisher.taken if isinstance(item, Accepted)}
    assert published.issuperset(found[0].print_trace_ids)


def test_expectations_are_consistent() -> None:
    for scenario_id in scenario_ids():
        wanted = expectation(scenario_id)
        assert isinstance(wanted, Expectation)
        assert not (wanted.profile_id is not None and wanted.abstains)
        if wanted.probability_range is not None:
            low, high = wanted.probability_range
            assert 0.0 <= low < high <= 1.0
        if wanted.no_hits:
            assert not wanted.must_fire
