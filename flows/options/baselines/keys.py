"""What is kept for one contract and one underlying, and as plain data."""

from flows.options.baselines.buckets import BUCKETS
from flows.options.baselines.buckets import SessionTotals
from flows.options.baselines.buckets import TotalsState
from flows.options.baselines.config import BaselineConfig
from flows.options.baselines.measure import COLD
from flows.options.baselines.rings import PairRing
from flows.options.baselines.rings import PairState
from flows.options.baselines.rings import Ring
from flows.options.baselines.rings import RingState
from flows.options.baselines.rings import WideRing
from flows.options.baselines.rings import WideState

# Last session, then prints, spreads, ivs, packets, packet spreads.
ContractState = tuple[int, PairState, RingState, RingState, PairState, RingState]
# Last session, newest event time, snapshot id, prints, premiums, sizes, totals.
UnderlyingState = tuple[int, int, str, RingState, WideState, WideState, TotalsState]
# Last session, newest event time, snapshot id, bucket, premiums.
BucketState = tuple[int, int, str, int, WideState]


class UnderlyingBaseline:
    """
    The rings of an underlying, and its half-hours, which live and go with it.

    `seen` is its last session, `ts` its newest event time, `names` its contracts in the order they
    came. `prints` holds ln(1+premium), `buckets` the same of packets by half-hour.
    """

    __slots__ = (
        "buckets", "changed", "name", "names", "premiums", "prints", "seen", "sizes",
        "snapshot_id", "totals", "ts",
    )  # fmt: skip

    def __init__(self, name: str, config: BaselineConfig) -> None:
        self.name = name
        self.names: list[str] = []
        self.seen = 0
        self.ts = 0
        self.changed = False
        self.snapshot_id = COLD
        self.prints = Ring()
        self.premiums = WideRing(due=config.min_samples_wide)
        self.sizes = WideRing(due=config.min_samples_wide)
        self.buckets: list[WideRing | None] = [None] * BUCKETS
        self.totals = SessionTotals(config.sessions)

    def bucket(self, bucket: int, first_refresh: int) -> WideRing:
        """Return the ring of a half-hour, made when it is first needed."""
        ring = self.buckets[bucket]
        if ring is None:
            ring = self.buckets[bucket] = WideRing(due=first_refresh, is_log=True)
        return ring

    def state(self) -> UnderlyingState:
        """Return everything but contracts and half-hours as plain data."""
        return (
            self.seen, self.ts, self.snapshot_id, self.prints.state(),
            self.premiums.wide_state(), self.sizes.wide_state(), self.totals.state(),
        )  # fmt: skip

    def load(self, state: UnderlyingState, config: BaselineConfig) -> None:
        """Take over a state."""
        self.seen, self.ts, self.snapshot_id, prints, premiums, sizes, totals = state
        self.prints.load(prints, config.underlying_window)
        self.premiums.load_wide(premiums, config.underlying_window)
        self.sizes.load_wide(sizes, config.underlying_window)
        self.totals.load(totals)

    def bucket_states(self) -> list[BucketState]:
        """Return the half-hours that have a ring, as plain data."""
        return [
            (self.seen, self.ts, self.snapshot_id, number, ring.wide_state())
            for number, ring in enumerate(self.buckets)
            if ring is not None
        ]

    def load_bucket(self, state: BucketState, config: BaselineConfig) -> None:
        """Take over a half-hour."""
        *_, number, ring = state
        self.bucket(number, config.min_samples_wide).load_wide(ring, config.tod_window)


class ContractBaseline:
    """
    The rings of a contract: print premium and size, spread, iv; packet premium and size, spread.

    At most 4 KB with every window of 50 full: seven times 400 bytes of values, and the objects
    around them. `seen` is its last session, `changed` whether it was updated since it was last
    exported.
    """

    __slots__ = (
        "changed", "ivs", "packet_spreads", "packets", "prints", "seen", "spreads", "underlying",
    )  # fmt: skip

    def __init__(self, underlying: UnderlyingBaseline) -> None:
        self.underlying = underlying
        self.seen = 0
        self.changed = False
        self.prints = PairRing()
        self.spreads = Ring()
        self.ivs = Ring()
        self.packets = PairRing()
        self.packet_spreads = Ring()

    def state(self) -> ContractState:
        """Return the rings as plain data."""
        return (
            self.seen, self.prints.state(), self.spreads.state(), self.ivs.state(),
            self.packets.state(), self.packet_spreads.state(),
        )  # fmt: skip

    def load(self, state: ContractState, window: int) -> None:
        """Take over a state."""
        self.seen, prints, spreads, ivs, packets, packet_spreads = state
        self.prints = PairRing.restore(prints, window)
        self.spreads = Ring.restore(spreads, window)
        self.ivs = Ring.restore(ivs, window)
        self.packets = PairRing.restore(packets, window)
        self.packet_spreads = Ring.restore(packet_spreads, window)
