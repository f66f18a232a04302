"""What a scenario is made of."""

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from connectors.feeds.synthetic.labels import Expectation
from connectors.feeds.synthetic.labels import Label
from connectors.feeds.synthetic.stage import Stage

Play: TypeAlias = Callable[[Stage], str]


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """
    One kind of labelled activity.

    Parameters
    ----------
    scenario_id, family : str
        Which.
    expectation : Expectation
        What should be made of it.
    play : Callable
        Emits it on a stage and returns its direction, empty for the expectation's.
    symbols : tuple of str
        Underlyings whose prices and volatility suit it.
    move_bps : tuple of float
        Least and most that the underlying moves in the 60 s before.
    is_fund_only : bool
        Whether any other underlying than those named would change what it is.
    event_days : int
        Days to the event the underlying has; 0 for none.
    needs_calm_lead : bool
        Whether the 60 s before matter.
    spread_bps : tuple of float
        Of its option quotes.
    weight : float
        How often it is played in the live market.
    tail_s : float
        How long the market has to go on after it.
    """

    scenario_id: str
    family: str
    expectation: Expectation
    play: Play
    symbols: tuple[str, ...]
    move_bps: tuple[float, float] = (-2.0, 2.0)
    is_fund_only: bool = False
    event_days: int = 0
    needs_calm_lead: bool = False
    spread_bps: tuple[float, float] = (80.0, 140.0)
    weight: float = 1.0
    tail_s: float = 5.0


def label_of(scenario: Scenario, label_id: str, direction: str) -> Label:
    """Return the label of a play, still without prints."""
    expected = scenario.expectation
    return Label(
        label_id=label_id,
        scenario_id=scenario.scenario_id,
        family=scenario.family,
        print_trace_ids=(),
        profile_id=expected.profile_id,
        direction=direction or expected.direction,
        probability_range=expected.probability_range,
        classifiers=(*expected.must_fire, *expected.later),
    )
