"""What is asked of a replay run."""

from typing import Final
from typing import Literal

import msgspec

from connectors.tape.model import TAPE_TOPICS
from flows.common.calendar import NS_PER_S
from infra.errors import MisconfiguredInfra
from infra.replay.names import check_run

STREAMS: Final = {
    "options": "options.prints",
    "nbbo": "options.nbbo",
    "equities": "equities.prints",
    "equity-quotes": "equities.quotes",
}
FLOWS: Final = ("options", "equities")
MIN_SPEED: Final = 0.1
MAX_SPEED: Final = 1000.0
MAX_WARMUP_S: Final = 7 * 86_400


class ReplayRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    One replay run.

    Parameters
    ----------
    run : str
        Its name, see `check_run`.
    source : {"log", "store"}
        Where raw records come from: the topics, or ClickHouse.
    from_ns, to_ns : int
        Event time, ns UTC, the second one excluded; 0 for the first record and for the end.
    underlyings : tuple of str
        Only these; empty for all.
    streams : tuple of str
        Names of `STREAMS`; reference data always comes along.
    flows : tuple of str
        Names of `FLOWS`; empty for those that have prints.
    speed : float
        Multiple of real time, 0.1 to 1000; 0 is flat out.
    batch_size : int
        Most raw records written at a time, paced or from ClickHouse.
    warmup_s : int
        Event time read before `from_ns`, and before the target of a seek backwards, to fill
        windows; what comes of it is not to be shown.
    is_paced : bool
        Raw records go through the run's clock, so that it can be paused and stepped; always so
        from ClickHouse and at any speed but 0.
    is_paused : bool
        Begin standing still.
    workers : int
        Processes of each deriving flow.
    changes : dict
        Thresholds that differ from ours, as variables of the environment.
    is_stored : bool
        What is derived goes into ClickHouse too.
    label : str
        What the operator calls it.
    is_verified : bool
        Once it has come to its end, compare what it derived with what live did.

    Raises
    ------
    MisconfiguredInfra
        A value is out of range; the message says what it takes.
    """

    run: str
    source: Literal["log", "store"] = "log"
    from_ns: int = 0
    to_ns: int = 0
    underlyings: tuple[str, ...] = ()
    streams: tuple[str, ...] = tuple(STREAMS)
    flows: tuple[str, ...] = ()
    speed: float = 0.0
    batch_size: int = 200
    warmup_s: int = 1800
    is_paced: bool = False
    is_paused: bool = False
    workers: int = 1
    changes: dict[str, str] = {}
    is_stored: bool = True
    label: str = ""
    is_verified: bool = False

    def __post_init__(self) -> None:
        check_run(self.run)
        _expect(self.from_ns >= 0, "the start", self.from_ns, "ns UTC")
        is_range = self.to_ns == 0 or self.to_ns > self.from_ns
        _expect(is_range, "the end", self.to_ns, "a time after the start")
        known = set(self.streams) <= set(STREAMS) and self.streams
        _expect(bool(known), "streams", ",".join(self.streams), f"some of {', '.join(STREAMS)}")
        _expect(set(self.flows) <= set(FLOWS), "flows", ",".join(self.flows), " or ".join(FLOWS))
        is_speed = self.speed == 0 or MIN_SPEED <= self.speed <= MAX_SPEED
        _expect(is_speed, "speed", self.speed, f"0 for flat out, or {MIN_SPEED} to {MAX_SPEED:g}")
        _expect(1 <= self.batch_size <= 100_000, "batch size", self.batch_size, "1 to 100000")
        is_warmup = 0 <= self.warmup_s <= MAX_WARMUP_S
        _expect(is_warmup, "warm-up", self.warmup_s, f"0 to {MAX_WARMUP_S} seconds")
        _expect(1 <= self.workers <= 8, "workers", self.workers, "1 to 8")

    @property
    def is_clocked(self) -> bool:
        """Return whether raw records are copied under the run's clock."""
        is_timed = self.is_paced or self.is_paused or self.speed > 0
        # A flow reads all its topics; what it is not to see has to be left out of a copy.
        return is_timed or self.source == "store" or set(self.streams) != set(STREAMS)

    @property
    def raw_topics(self) -> tuple[str, ...]:
        """Return the raw topics it reads, in the order of records of one time."""
        wanted = {STREAMS[name] for name in self.streams}
        return tuple(
            [name for name in TAPE_TOPICS if name.startswith("refdata.") or name in wanted]
        )

    @property
    def first_ns(self) -> int:
        """Return the event time reading begins at, warm-up included; 0 for the first record."""
        return max(0, self.from_ns - self.warmup_s * NS_PER_S)


def _expect(is_right: bool, what: str, value: object, expected: str) -> None:
    if not is_right:
        msg = f"{what} of a replay is {value!r}, expected {expected}"
        raise MisconfiguredInfra(msg)
