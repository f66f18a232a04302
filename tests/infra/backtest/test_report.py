"""The page of a backtest answers first, marks what is no evidence, and loads nothing."""

import re
from collections.abc import Callable

import msgspec
import pytest

from infra.backtest.report import report
from infra.backtest.result import BacktestResult
from infra.backtest.result import Lift
from infra.backtest.words import PAST
from infra.backtest.words import QUESTION
from infra.backtest.words import answer
from infra.backtest.words import lift_interval
from infra.backtest.words import points
from infra.backtest.words import share
from tests.infra.backtest.pages import Page
from tests.infra.backtest.pages import Table
from tests.infra.backtest.report_cases import CASES
from tests.infra.backtest.report_cases import ORIGIN
from tests.infra.backtest.report_cases import beats
from tests.infra.backtest.report_cases import does_not_beat
from tests.infra.backtest.report_cases import empty
from tests.infra.backtest.report_cases import grid
from tests.infra.backtest.report_cases import not_enough
from tests.infra.backtest.report_cases import one_session
from tests.infra.backtest.report_cases import undirected

HOSTILE = "<script>alert('1')</script>&\"x"

Case = Callable[[], BacktestResult]


def page(result: BacktestResult) -> Page:
    return Page(report(result, ORIGIN))


def table(found: Page, caption: str) -> Table:
    (one,) = [each for each in found.tables if each.caption.startswith(caption)]
    return one


@pytest.mark.parametrize(
    ("case", "word"),
    [
        (beats, "Yes"),
        (does_not_beat, "No"),
        (grid, "No"),
        (one_session, "No"),
        (undirected, "Yes"),
        (not_enough, "Not enough evidence"),
        (empty, "Not enough evidence"),
    ],
)
def test_page_answers_its_question_before_anything_else(case: Case, word: str) -> None:
    result = case()
    found = page(result)

    assert found.text("h1") == QUESTION
    assert found.text(".answer") == answer(result, "15m")
    assert found.text(".answer").startswith(f"{word}:")
    assert found.text("head").startswith(f"Backtest may-open: {word}")
    text = found.text("body")
    assert text.index(QUESTION) < text.index(f"{word}:") < text.index("What was measured")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_past_results_are_called_so_at_the_top_and_at_the_end(case: Case) -> None:
    found = page(case())

    assert found.text(".past") == PAST
    assert PAST in found.text("footer")
    assert found.text("body").index(PAST) < found.text("body").index(QUESTION)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_page_loads_nothing_and_runs_nothing(case: Case) -> None:
    text = report(case(), ORIGIN)
    found = Page(text)

    assert not {"script", "link", "img", "iframe", "object"} & set(found.tags)
    assert not found.values("src")
    assert all(value is not None and value.startswith("#") for value in found.values("href"))
    assert "url(" not in text
    assert "@import" not in text
    assert "http" not in re.sub(r'http-equiv="[^"]*"', "", text)
    assert not [name for _, name, _ in found.attributes if name.startswith("on")]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_links_lead_to_sections_that_are_there(case: Case) -> None:
    found = page(case())

    ids = found.values("id")
    assert len(ids) == len(set(ids))
    assert {value[1:] for value in found.values("href") if value is not None} <= set(ids)
    assert set(found.values("aria-labelledby")) <= set(ids)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_table_has_a_caption_and_says_what_its_headings_head(case: Case) -> None:
    for each in page(case()).tables:
        assert each.caption
        assert None not in each.scopes
        assert {len(row) for row in each.rows} <= {1, len(each.columns)}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_plot_says_what_it_shows(case: Case) -> None:
    found = page(case())

    told = [value for tag, name, value in found.attributes if (tag, name) == ("svg", "aria-label")]
    assert found.tags["svg"] == found.tags["desc"] == len(told)
    assert all(value is not None and len(value) > 50 for value in told)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_row_of_fewer_than_30_alerts_is_marked(case: Case) -> None:
    judged = 0
    for each in page(case()).tables:
        places = [at for at, name in enumerate(each.columns) if name == "n"]
        for row in each.rows:
            if len(row) == len(each.columns) and any(number(row[at]) < 30 for at in places):
                judged += 1
                assert "not evidence" in row[-1], (each.caption, row)
    if case in {not_enough, one_session, grid}:
        assert judged > 0


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_cell_of_fewer_than_30_alerts_is_marked(case: Case) -> None:
    cells = [
        cell
        for each in page(case()).tables
        for row in each.rows
        for cell in row
        if re.search(r"\bn [\d,]+ ·", cell)
    ]
    for cell in cells:
        found = re.search(r"\bn ([\d,]+) ·", cell)
        assert found is not None
        assert ("not evidence" in cell) == (number(found[1]) < 30), cell
    assert bool(cells) == (case not in {empty, undirected})


def number(text: str) -> int:
    return int(text.replace(",", "") or 0)


@pytest.mark.parametrize("case", [beats, does_not_beat, one_session, grid])
def test_tables_say_what_was_measured(case: Case) -> None:
    result = case()
    found = page(result)

    groups = [row for row in table(found, "Groups").rows if len(row) > 1]
    assert [row[0] for row in groups] == [
        each.name.replace("_", " ") for each in result.runs[0].groups
    ]
    for row, group in zip(groups, result.runs[0].groups, strict=True):
        at = next(each for each in group.horizons if each.horizon == "15m")
        assert row[1:3] == [f"{group.alerts:,}", f"{at.known_n:,}"]
        assert row[3] == share(at.hit_rate)
        assert row[5:7] == [share(at.base_hit_rate), points(at.hit_lift.mean)]
        assert row[7] == (lift_interval(at.hit_lift) or "–")
    horizons = table(found, "all alerts by horizon").rows
    overall = result.runs[0].groups[0].horizons
    assert [row[1] for row in horizons] == [f"{each.known_n:,}" for each in overall]
    assert [row[2] for row in horizons] == [share(each.hit_rate) for each in overall]
    bins = table(found, "Calibration").rows
    calibration = next(each for each in result.runs[0].calibration if each.horizon == "15m")
    assert [row[1] for row in bins] == [f"{each.n:,}" for each in calibration.bins]


def test_horizon_asked_for_is_the_one_of_the_answer_and_of_the_groups() -> None:
    origin = msgspec.structs.replace(ORIGIN, horizon="next_close")
    found = Page(report(beats(), origin))

    assert "at the next close" in found.text(".answer")
    assert table(found, "Groups").caption.endswith("at the next close")


def test_combinations_are_compared_with_the_reference_first() -> None:
    result = grid()
    rows = table(page(result), "Combinations").rows

    assert len(rows) == len(result.runs)
    assert "reference" in rows[0][0]
    assert not any("reference" in row[0] for row in rows[1:])
    assert "CLUSTER_WINDOW_MS=750, ALERT_MIN_SCORE=60" in rows[3][0]


def test_walk_forward_shows_both_samples_and_what_hindsight_adds() -> None:
    found = page(grid())

    rows = table(found, "Folds").rows
    assert [row[0] for row in rows] == ["1", "2", "3"]
    assert rows[0][4:8] == ["204", "+3.1", "96", "−0.8"]
    assert "embargo 2025-05-11, 7 purged" in rows[0][1]
    assert rows[2][3] == "none had enough alerts"
    pooled = table(found, "Chosen beforehand").rows
    assert [row[1] for row in pooled] == ["123", "431"]
    assert "Hindsight looks 2.0 points better" in found.text("body")


def test_walk_forward_without_folds_says_why() -> None:
    result = grid()
    assert result.walk_forward is not None
    walk = msgspec.structs.replace(
        result.walk_forward, folds=(), note="needs at least 22 sessions, there are 3"
    )
    found = page(msgspec.structs.replace(result, walk_forward=walk))

    assert "needs at least 22 sessions, there are 3" in found.text("body")
    assert not [each for each in found.tables if each.caption.startswith("Folds")]


def test_one_run_has_no_comparison_and_no_walk_forward() -> None:
    ids = page(does_not_beat()).values("id")

    assert "thresholds" not in ids
    assert "walk" not in ids


def test_changed_thresholds_stand_beside_their_defaults() -> None:
    assert table(page(beats()), "Thresholds given").rows == [["ALERT_MIN_SCORE", "40", "35"]]


def test_an_interval_of_one_day_is_called_too_narrow_beside_the_answer() -> None:
    found = page(one_session())

    assert "12 half-hour blocks of one day; it is narrower than it should be" in found.text(
        "header"
    )
    assert "narrower" not in page(beats()).text("header")


def test_all_caveats_are_told_and_the_gravest_one_at_the_top() -> None:
    result = beats()
    found = page(result)

    assert result.caveats[0] in found.text("header")
    assert all(each in found.text("ol") for each in result.caveats)


def test_alerts_without_a_direction_are_judged_by_how_far_the_mid_moved() -> None:
    found = page(undirected())

    row = table(found, "Alerts without a direction").rows[0]
    assert row[1:6] == ["140", "6.4", "5.1", "+1.3", "+0.4 to +2.2"]
    assert "moved 6.4 bps on average 15 minutes later, after 140 alerts" in found.text(".answer")


def test_command_and_versions_are_told() -> None:
    found = page(beats())

    assert found.text("pre").startswith("islandflow backtest --from 2025-05-01 --to 2025-05-25")
    assert "bytewax 0.21.1" in found.text("body")


def test_names_from_outside_are_text_and_nothing_else() -> None:
    result = grid()
    run = result.runs[0]
    groups = [msgspec.structs.replace(each, name=HOSTILE, dimension=HOSTILE) for each in run.groups]
    counts = msgspec.structs.replace(run.counts, by_classifier={HOSTILE: 3})
    hostile = msgspec.structs.replace(
        run, run=HOSTILE, groups=(run.groups[0], *groups[1:]), changes={HOSTILE: HOSTILE},
        config_hashes=(HOSTILE,), source=HOSTILE, counts=counts,
    )  # fmt: skip
    data = msgspec.structs.replace(result.data, underlyings=(HOSTILE,), sessions=(HOSTILE,))
    changed = msgspec.structs.replace(
        result, runs=(hostile, *result.runs[1:]), caveats=(HOSTILE, HOSTILE), label=HOSTILE,
        data=data, flow=HOSTILE,
    )  # fmt: skip
    origin = msgspec.structs.replace(
        ORIGIN, name=HOSTILE, command=("islandflow", HOSTILE), versions={HOSTILE: HOSTILE},
        defaults={HOSTILE: HOSTILE},
    )  # fmt: skip

    text = report(changed, origin)
    found = Page(text)

    assert found.tags["script"] == 0
    assert "<script" not in text
    assert HOSTILE in found.text("ol")
    assert text.count("alert(&#x27;1&#x27;)") > 12


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_equal_results_give_equal_bytes(case: Case) -> None:
    assert report(case(), ORIGIN) == report(case(), ORIGIN)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_no_number_is_nan_or_none(case: Case) -> None:
    text = page(case()).text("body")

    assert not re.search(r"\b(nan|None|inf)\b", text)


def test_colours_follow_the_reader_and_paper_is_light() -> None:
    text = report(beats(), ORIGIN)

    dark = text.index("@media screen and (prefers-color-scheme: dark)")
    assert text.index("--paper: #ffffff") < dark < text.index("--paper: #10151c")
    assert "@media print" in text
    assert found_variables(text) <= defined_variables(text)


def found_variables(text: str) -> set[str]:
    return set(re.findall(r"var\((--\w+)\)", text))


def defined_variables(text: str) -> set[str]:
    return set(re.findall(r"(--\w+): #", text))


def test_wide_tables_can_be_scrolled_with_the_keyboard() -> None:
    found = page(beats())

    regions = [
        value for tag, name, value in found.attributes if tag == "div" and name == "tabindex"
    ]
    assert regions == ["0"] * len(found.tables)
    assert found.text(".skip") == "Skip to the results"


def test_a_cell_without_evidence_is_marked_however_many_alerts_it_has() -> None:
    result = beats()
    run = result.runs[0]
    group = run.groups[1]
    overlapping = [
        msgspec.structs.replace(
            each, known_n=60, hit_lift=Lift(n=60, mean=0.1, reason="outcomes outlast the blocks")
        )
        for each in group.horizons
    ]
    changed = msgspec.structs.replace(group, name="overlapping", horizons=tuple(overlapping))
    found = page(
        msgspec.structs.replace(
            result, runs=(msgspec.structs.replace(run, groups=(run.groups[0], changed)),)
        )
    )

    (row,) = [each for each in table(found, "Hit rate / base rate").rows if len(each) > 1]
    assert all("not evidence" in cell for cell in row[1:])
