"""What labelled activity in a stock is made of, and what should be made of it."""

from collections.abc import Callable
from typing import Final
from typing import TypeAlias

import msgspec

from connectors.feeds.synthetic.equities.stage import StockStage
from connectors.feeds.synthetic.labels import Label

Play: TypeAlias = Callable[[StockStage], str]

BLOCK: Final = "absorbed_block"
ACCUMULATION: Final = "stealth_accumulation"
DISTRIBUTION: Final = "distribution"
ZONE: Final = "hidden_liquidity_zone"

UNKNOWN: Final = "unknown"


class StockExpectation(msgspec.Struct, frozen=True):
    """
    What a scenario should come out as (feed specification, 9.8).

    Parameters
    ----------
    kinds : tuple of str
        Inferences that must be made of its trades; none of any kind may be made where it is empty.
    status : str | None
        In which the first of them ends; null where that is open.
    is_taken_back : bool
        A cancel makes a later revision of it, in whatever status.
    """

    kinds: tuple[str, ...] = ()
    status: str | None = None
    is_taken_back: bool = False

    @property
    def is_noise(self) -> bool:
        """Whether nothing at all may be made of it."""
        return not self.kinds


class StockScenario(msgspec.Struct, frozen=True, kw_only=True):
    """
    One kind of labelled activity.

    Parameters
    ----------
    scenario_id, family : str
        Which.
    expectation : StockExpectation
        What should be made of it.
    play : Callable
        Asks a stage for it and returns its direction: `buy`, `sell`, `support`, `resistance`, or
        `unknown` where it has none.
    weight : float
        How often it is played in the live market.
    """

    scenario_id: str
    family: str
    expectation: StockExpectation
    play: Play
    weight: float = 1.0


def stock_label(scenario: StockScenario, label_id: str, direction: str) -> Label:
    """Return the label of a play, still without trades; its classifiers are kinds of inference."""
    return Label(
        label_id=label_id,
        scenario_id=scenario.scenario_id,
        family=scenario.family,
        print_trace_ids=(),
        profile_id=None,
        direction=direction,
        probability_range=None,
        classifiers=scenario.expectation.kinds,
    )
