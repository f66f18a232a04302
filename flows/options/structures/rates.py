"""How often packets that look like a leg come anyway: the coincidence guard."""

from collections.abc import Iterable
from typing import Any
from typing import Final

from flows.options.structures.sizes import size_key

NS_PER_S: Final = 1_000_000_000
HALF_LIFE_S: Final = 300
# While an underlying is new its classes are not known; then a class is taken for a twentieth of
# all its packets, with the weight of half a minute of observation.
PRIOR_SHARE: Final = 0.05
PRIOR_S: Final = 30.0
MIN_SPAN_S: Final = 1.0
_HALF_LIFE_NS: Final = HALF_LIFE_S * NS_PER_S
_LN2: Final = 0.6931471805599453

SideKey = tuple[str, int, str]


class PacketRates:
    """
    Decayed counts of an underlying's packets: by size, and by right, expiry and side.

    Every count is kept as the sum of weights that double each half-life from the session's first
    packet, so that counting never touches the others. A new trade date starts afresh.

    Notes
    -----
    Source: options flow specification, 6.1 (coincidence guard).
    """

    __slots__ = ("_sides", "_since_ns", "_sizes", "_total", "_trade_date")

    def __init__(self) -> None:
        self._trade_date = -1
        self._since_ns = 0
        self._total = 0.0
        self._sizes: dict[int, float] = {}
        self._sides: dict[SideKey, float] = {}

    def restart(self) -> None:
        """Forget every count."""
        self._trade_date = -1
        self._since_ns = 0
        self._total = 0.0
        self._sizes = {}
        self._sides = {}

    def count(self, trade_date: int, ts: int, size: int | None, side: SideKey | None) -> None:
        """
        Count a packet.

        Parameters
        ----------
        trade_date : int
            Its session.
        ts : int
            Its start, ns UTC.
        size : int | None
            Contracts, if it can be a leg of an inferred structure.
        side : SideKey | None
            Right, expiry and side, if it can be a rung of a ladder.
        """
        if trade_date != self._trade_date:
            self.restart()
            self._trade_date = trade_date
            self._since_ns = ts
        weight = 2.0 ** ((ts - self._since_ns) / _HALF_LIFE_NS)
        self._total += weight
        if size is not None:
            key = size_key(size)
            self._sizes[key] = self._sizes.get(key, 0.0) + weight
        if side is not None:
            self._sides[side] = self._sides.get(side, 0.0) + weight

    def of_sizes(self, keys: Iterable[int], ts: int, window_s: float, own: int) -> float:
        """
        Return how many packets of some sizes a window holds by chance.

        Parameters
        ----------
        keys : Iterable[int]
            Buckets of sizes.
        ts : int
            Now, ns UTC.
        window_s : float
            Length of the window.
        own : int
            Packets among the counted that are the ones in question.
        """
        sizes = self._sizes
        return self._expected(sum([sizes.get(key, 0.0) for key in keys]), ts, window_s, own)

    def of_side(self, side: SideKey, ts: int, window_s: float, own: int) -> float:
        """Return how many packets of a right, expiry and side a window holds by chance."""
        return self._expected(self._sides.get(side, 0.0), ts, window_s, own)

    def _expected(self, weights: float, ts: int, window_s: float, own: int) -> float:
        if not self._total:
            return 0.0
        elapsed_ns = ts - self._since_ns
        decay = 2.0 ** (-elapsed_ns / _HALF_LIFE_NS)
        alike = max(weights * decay - own, 0.0)
        total = max(self._total * decay - own, 0.0)
        span_s = max(HALF_LIFE_S / _LN2 * (1.0 - decay), MIN_SPAN_S)
        prior = PRIOR_SHARE * total / span_s * PRIOR_S
        expected: float = (alike + prior) / (span_s + PRIOR_S) * window_s
        return expected

    def state(self) -> list[object]:
        """Return plain data from which `load` builds equal rates."""
        return [
            self._trade_date, self._since_ns, self._total, list(self._sizes.items()),
            list(self._sides.items()),
        ]  # fmt: skip

    def load(self, state: Any) -> None:  # noqa: ANN401 - decoded data
        """Replace the counts by what `state` returned."""
        self._trade_date, self._since_ns, self._total, sizes, sides = state
        self._sizes = dict(sizes)
        self._sides = {(right, expiry, side): weight for (right, expiry, side), weight in sides}
