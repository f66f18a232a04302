"""What a preset makes of the inputs at an instant."""

import msgspec

from flows.common.prices import round6
from flows.equities.state.config import StateConfig
from flows.equities.state.hysteresis import Held
from flows.equities.state.hysteresis import Hysteresis
from flows.equities.state.inputs import DayInputs
from flows.equities.state.levels import Levels
from flows.equities.state.nodes import LvnDistance
from flows.equities.state.pressure import pressure_pct
from flows.equities.state.price import tick_e4
from flows.equities.state.record import Told
from flows.equities.state.table_one import momentum_points
from flows.equities.state.table_one import momentum_vote
from flows.equities.state.table_one import place_vote
from flows.equities.state.table_one import pressure_vote
from flows.equities.state.table_one import table_one
from flows.equities.state.votes import VOTERS
from flows.equities.state.votes import Readings
from flows.equities.state.votes import Tally
from flows.equities.state.votes import take_votes


class Spot(msgspec.Struct, frozen=True, gc=False):
    """
    A price and what it is compared with.

    Parameters
    ----------
    at_ns : int
        ns UTC.
    price_e4 : int
        1/10,000 dollar.
    levels : Levels
        Value area in force.
    nearest : LvnDistance | None
        Nearest low-volume node.
    """

    at_ns: int
    price_e4: int
    levels: Levels
    nearest: LvnDistance | None


def by_votes(
    spot: Spot, inputs: DayInputs, machine: Hysteresis, config: StateConfig
) -> tuple[Told, Tally]:
    """Let preset `hysteresis-1` take an evaluation; return what it says and its votes."""
    levels, trailing = spot.levels, inputs.trailing
    trailing.split(levels.vah_e4, levels.val_e4)
    buy, sell = inputs.pressure.trailing(spot.at_ns)
    momentum = inputs.momentum(spot.at_ns)
    tally = take_votes(
        Readings(
            spot.price_e4,
            levels.vah_e4,
            levels.val_e4,
            tick_e4(spot.price_e4),
            inputs.bars.range_e4,
            trailing.above,
            trailing.below,
            trailing.total,
            momentum,
            buy,
            sell,
        ),
        config,
    )
    machine.step(spot.at_ns, tally)
    votes = {
        name: float(vote)
        for name, vote in zip(VOTERS, tally.votes, strict=True)
        if vote is not None
    }
    told = _told(
        spot,
        machine.held,
        machine.confidence(tally),
        (momentum, pressure_pct(buy, sell)),
        votes,
    )
    return told, tally


def by_table(spot: Spot, inputs: DayInputs, held: Held) -> Told:
    """Let preset `table-1` take an evaluation; return what it says."""
    levels = spot.levels
    change = inputs.change(spot.at_ns)
    momentum = None
    if change is not None:
        momentum = momentum_points(change.total * 100, inputs.bars.closes_in_a_row())
    last = inputs.pressure.last()
    pressure = None if last is None else pressure_pct(*last)
    place = place_vote(spot.price_e4, levels.vah_e4, levels.val_e4)
    distance_pct = abs(spot.price_e4 - levels.poc_e4) / levels.poc_e4 * 100
    state, confidence = table_one(distance_pct, place, momentum, pressure)
    held.go(state, spot.at_ns)
    found = {
        "location": place,
        "momentum": momentum_vote(momentum),
        "flow": pressure_vote(pressure),
    }
    votes = {name: float(vote) for name, vote in found.items() if vote is not None}
    return _told(spot, held, confidence, (momentum, pressure), votes)


def _told(
    spot: Spot,
    held: Held,
    confidence: int,
    scores: tuple[float | None, float | None],
    votes: dict[str, float],
) -> Told:
    levels, at_e4, nearest = spot.levels, spot.price_e4, spot.nearest
    momentum, pressure = scores
    return Told(
        held.state or "",
        held.since_ns,
        confidence,
        levels.poc_e4 / 10_000,
        levels.vah_e4 / 10_000,
        levels.val_e4 / 10_000,
        at_e4 / 10_000,
        round6(abs(at_e4 - levels.poc_e4) / levels.poc_e4 * 100),
        levels.val_e4 <= at_e4 <= levels.vah_e4,
        votes,
        held.previous,
        None if momentum is None else round6(momentum),
        None if pressure is None else round6(pressure),
        None if nearest is None else nearest.lvn,
        None if nearest is None else nearest.distance_pct,
        None if nearest is None else nearest.approach,
    )
