import re
import struct
from collections import Counter

import msgspec
import pytest
from matplotlib.artist import Artist
from matplotlib.text import Text

from infra.chart.figure import chart_figure
from infra.chart.figure import picture
from infra.chart.inferences import SHAPES
from infra.chart.inferences import marks_of
from infra.chart.series import ABSORBED_BLOCK
from infra.chart.series import ACCUMULATION
from infra.chart.series import DISTRIBUTION
from infra.chart.series import ZONE
from infra.chart.series import ChartData
from infra.chart.theme import THEMES
from infra.chart.theme import ThemeName
from infra.chart.words import figures
from infra.chart.words import headline
from infra.chart.words import tallies
from tests.infra.chart.days import BAR_NS
from tests.infra.chart.days import OPEN_NS
from tests.infra.chart.days import PROFILE
from tests.infra.chart.days import a_bar
from tests.infra.chart.days import a_day
from tests.infra.chart.days import an_inference

DARK = THEMES[ThemeName.DARK]


def marks(data: ChartData) -> Counter[str]:
    """Return how many artists there are by what they stand for."""
    return Counter(
        artist.get_gid() or ""
        for artist in chart_figure(data, DARK).findobj(Artist)
        if artist.get_gid()
    )


def texts(data: ChartData) -> list[str]:
    figure = chart_figure(data, DARK)
    return [text.get_text() for text in figure.findobj(Text) if isinstance(text, Text)]


def test_every_bar_has_a_candle_and_its_volume_by_venue() -> None:
    found = marks(a_day())

    assert found["bodies-up"] == 5
    assert found["bodies-down"] == 1
    assert found["lit"] == found["off-exchange"] == 6
    assert found["vwap"] == 1


def test_profile_has_its_rows_its_greatest_row_and_its_low_nodes() -> None:
    found = marks(a_day())

    assert found["profile-buy"] == found["profile-sell"] == found["profile-unknown"] == 4
    assert found["poc-row"] == 1
    assert found["lvn"] == 1
    assert found["level-POC"] == found["level-VAH"] == found["level-VAL"] == 2


def test_rows_outside_the_value_area_are_pale() -> None:
    profile = msgspec.structs.replace(PROFILE, vah=99.9, val=99.9)
    pane = chart_figure(a_day(profile=profile), DARK).axes[1]
    bought = [patch for patch in pane.patches if patch.get_gid() == "profile-buy"]

    assert [patch.get_alpha() == 1.0 for patch in bought] == [False, True, False, False]


def test_wick_of_a_print_far_from_its_neighbours_is_faint() -> None:
    ordinary = [a_bar(number) for number in range(20)]
    far = a_bar(20, high=120.0)

    assert marks(a_day(bars=tuple(ordinary)))["wicks-far"] == 0
    assert marks(a_day(bars=(*ordinary, far)))["wicks-far"] == 1


def test_day_without_inferences_says_so() -> None:
    assert "NOTHING INFERRED" in texts(a_day(inferences=()))
    assert "NOTHING INFERRED" not in texts(a_day())


def test_every_inference_has_a_mark_and_a_zone_its_band() -> None:
    found = marks(a_day())

    assert found[f"inferred-{ABSORBED_BLOCK}"] == found[f"inferred-{ACCUMULATION}"] == 1
    assert found[f"inferred-{ZONE}"] == found["zone"] == 1
    assert found[f"inferred-{DISTRIBUTION}"] == 0


def test_marks_of_sides_leave_the_bars_visible_and_blocks_lie_at_their_price() -> None:
    kinds = (ABSORBED_BLOCK, ACCUMULATION, DISTRIBUTION)
    plain = a_day()
    bar = msgspec.structs.replace(plain.bars[3], low=100.0, high=100.2)
    data = a_day(
        bars=(*plain.bars[:3], bar, *plain.bars[4:]),
        inferences=tuple([an_inference(kind) for kind in kinds]),
    )
    pane = chart_figure(data, DARK).axes[0]

    at = {mark.inference.kind: mark.price for mark in marks_of(pane, data)}

    assert at[ABSORBED_BLOCK] == 100.1
    assert at[ACCUMULATION] < bar.low
    assert at[DISTRIBUTION] > bar.high


def test_busy_day_marks_the_largest_and_tells_the_rest_below() -> None:
    many = tuple(
        [
            an_inference(ACCUMULATION, shares=1_000.0 + number, end_ns=OPEN_NS + BAR_NS + number)
            for number in range(400)
        ]
    )
    data = a_day(inferences=many)
    found = marks_of(chart_figure(data, DARK).axes[0], data)

    assert [mark.inference.shares for mark in found] == [1_399.0]
    assert marks(data)[f"lane-{ACCUMULATION}"] == 1
    assert {kind: count for kind, count, _ in tallies(data)}[ACCUMULATION] == 400


def test_inference_outside_the_hours_shown_is_left_out() -> None:
    early = an_inference(start_ns=OPEN_NS - 9 * BAR_NS, end_ns=OPEN_NS - 8 * BAR_NS)

    assert marks(a_day(inferences=(early,), is_regular_only=True))["inferred-absorbed_block"] == 0


def test_extended_hours_are_shaded_where_they_are_shown() -> None:
    assert marks(a_day())["pre"] == 3
    regular = a_day(bars=(a_bar(0), a_bar(1)), is_regular_only=True)
    assert marks(regular)["pre"] == marks(regular)["post"] == 0


def test_day_without_profile_or_inferences_is_drawn_all_the_same() -> None:
    data = a_day(profile=None, inferences=(), bars=(a_bar(0),))

    assert marks(data)["bodies-up"] == 1
    assert "no profile" in texts(data)


def test_levels_are_named_with_their_prices() -> None:
    found = texts(a_day())

    assert {"POC 99.90", "VAH 100.10", "VAL 99.80", "99.90"} <= set(found)
    assert "5-minute bars" in headline(a_day())
    assert dict(figures(a_day()))["off-exchange"] == "40.0%"
    assert tallies(a_day())[0] == (ABSORBED_BLOCK, 1, 5_000.0)


def test_words_never_call_an_off_exchange_print_dark() -> None:
    wrong = re.compile("dark|institution|smart", re.IGNORECASE)

    assert not [text for text in texts(a_day()) if wrong.search(text)]


@pytest.mark.parametrize("theme", ThemeName)
def test_picture_is_a_png_of_its_size(theme: ThemeName) -> None:
    data = picture(a_day(), THEMES[theme], ".png")

    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", data[16:24]) == (1_600, 1_000)


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_same_day_is_the_same_picture(suffix: str) -> None:
    assert picture(a_day(), DARK, suffix) == picture(a_day(), DARK, suffix)


def test_svg_names_its_marks() -> None:
    text = picture(a_day(), DARK, ".svg").decode()

    assert text.count('id="vwap"') == 1
    assert text.count('id="poc-row"') == 1


def test_kinds_differ_in_shape_and_in_colour() -> None:
    assert len(set(SHAPES.values())) == 4
    assert all(len(set(theme.kinds.values())) == 4 for theme in THEMES.values())
