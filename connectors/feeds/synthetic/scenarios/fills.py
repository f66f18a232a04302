"""Ways in which one order is filled, shared by the families."""

from typing import Final

from connectors.feeds.synthetic.stage import Fill
from connectors.feeds.synthetic.stage import Stage
from flows.options.contracts import ContractId

# Venue, and ms after the stage's time of the first print.
Start = tuple[str, float]

_SWEEP_GAP_MS: Final = 5.0


def sweep(stage: Stage, right: str, *, later_ms: float = 0.0) -> tuple[ContractId, float]:
    """
    Sweep a contract near the money over several venues: 85 % at the ask or through it.

    Parameters
    ----------
    stage : Stage
        Where.
    right : str
        `C` or `P`.
    later_ms : float
        Added to its beginning.

    Returns
    -------
    tuple
        The contract, and when its last print is, ms after the stage's time.
    """
    contract = stage.contract(right, 14, stage.between(0.995, 1.005))
    total = stage.size(stage.value(contract), (1_550.0, 2_900.0), (410_000.0, 880_000.0))
    count = stage.count(4, 7)
    venues = stage.venues(stage.count(3, 4))
    middle = max(1, round(total * stage.between(0.12, 0.17)))
    sizes = [*stage.shares(total - middle, count - 1), middle]
    places = ["AA" if stage.rng.random() < 0.1 else "A" for _ in range(count)]
    # Inside prints do not end a sweep that lifts the offer: they come in second.
    sizes.insert(1, sizes.pop())
    places[1] = "MID"
    return contract, fill_all(
        stage,
        contract,
        [
            Fill(stage_ms, size, place, venues[n % len(venues)], "S")
            for n, (stage_ms, size, place) in enumerate(
                zip(_steps(later_ms + 5.0, count, _SWEEP_GAP_MS), sizes, places, strict=True)
            )
        ],
    )


def _steps(start_ms: float, count: int, gap_ms: float) -> list[float]:
    return [start_ms + n * gap_ms for n in range(count)]


def fill_all(stage: Stage, contract: ContractId, fills: list[Fill]) -> float:
    """Trade fills of one contract and return when the last one is, ms."""
    for fill in fills:
        stage.trade(contract, fill)
    return fills[-1].ms


def ask_burst(stage: Stage, contract: ContractId, total: int, count: int, start: Start) -> float:
    """
    Buy at the ask of one venue, print after print.

    Parameters
    ----------
    stage : Stage
        Where.
    contract : ContractId
        What.
    total, count : int
        Contracts, and over how many prints.
    start : tuple
        Venue, and ms of the first print.

    Returns
    -------
    float
        When the last print is, ms after the stage's time.
    """
    return one_sided(stage, contract, total, count, start, place="A")


def one_sided(
    stage: Stage, contract: ContractId, total: int, count: int, start: Start, *, place: str
) -> float:
    """Trade at one side of the market on one venue; parameters as of `ask_burst`."""
    venue, ms = start
    fills = []
    for size in stage.shares(total, count):
        fills.append(Fill(ms, size, place, venue, "I"))
        ms += stage.between(15.0, 60.0)
    return fill_all(stage, contract, fills)
