"""Seven checked-in tapes come out as specified, and the market still makes them."""

import hashlib

import pytest

from flows.options.config import OptionsConfig
from infra.evaluation.run import OptionsRunner
from infra.evaluation.scenarios import outcomes_of
from tests.golden.files import FIXTURES
from tests.golden.files import GOLDEN
from tests.golden.files import decoded
from tests.golden.files import encoded
from tests.golden.files import made
from tests.golden.files import manifest
from tests.golden.files import manifest_text
from tests.golden.files import stored_run

MAX_BYTES = 200_000


@pytest.fixture(scope="module")
def runner() -> OptionsRunner:
    return OptionsRunner(OptionsConfig())


def test_the_manifest_names_the_seven_fixtures_and_nothing_else_is_there() -> None:
    found = manifest()

    assert {name: (each.seed, each.scenario) for name, each in found.items()} == GOLDEN
    files = {path.name for path in FIXTURES.glob("*.jsonl")}
    assert files == {each.file for each in found.values()}


@pytest.mark.parametrize("name", GOLDEN)
def test_the_file_is_the_one_of_the_manifest_and_what_the_market_makes(name: str) -> None:
    golden = manifest()[name]
    text = (FIXTURES / golden.file).read_bytes()

    assert hashlib.sha256(text).hexdigest() == golden.sha256
    assert len(text) <= MAX_BYTES
    remade, remade_text = made(name)
    assert remade_text == text
    assert remade == golden


def test_the_manifest_is_written_as_it_is_checked_in() -> None:
    assert manifest_text(manifest()) == (FIXTURES / "manifest.json").read_bytes()


@pytest.mark.parametrize("name", GOLDEN)
def test_records_survive_the_file(name: str) -> None:
    text = (FIXTURES / manifest()[name].file).read_bytes()

    assert encoded(decoded(text)) == text


@pytest.mark.parametrize("name", GOLDEN)
def test_the_golden_tape_comes_out_as_expected(runner: OptionsRunner, name: str) -> None:
    golden = manifest()[name]
    run = stored_run(golden)

    (derived,) = runner.run([run.items])

    outcomes = outcomes_of(run, derived, name, lambda _: golden.expectation)
    assert len(outcomes) == len(golden.labels) > 0
    assert {each.label_id: each.misses for each in outcomes if not each.is_pass} == {}
