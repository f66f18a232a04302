"""Configuration of order flow and aggression."""

import hashlib
from typing import Final

import msgspec

from flows.common.calendar import NS_PER_S
from flows.equities.orderflow.aggression import DEFAULT_PRESETS
from flows.equities.orderflow.aggression import PRESETS
from flows.equities.orderflow.aggression import Preset
from flows.errors import MisconfiguredFlow

ORDER_FLOW_POLICY: Final = "order-flow.policy.v1"
SNAPSHOT_NS: Final = NS_PER_S
BUCKET_NS: Final = 60 * NS_PER_S


class OrderFlowConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    What order flow is compared with, and for how long it may be corrected.

    Parameters
    ----------
    presets : tuple of str, default ("live-1", "strategy-1")
        Scoring presets by name, without repeats; the first one decides about alerts.
    momentum_min : int, default 5
        Minutes of event time over which the change of the cumulative delta is taken, 1 to 60.
    mean_bars : int, default 60
        Closed minutes whose mean volume the trailing minute is compared with, 1 to 390.
    min_bars : int, default 10
        Closed minutes below which the volume ratio is 1.0, 1 to `mean_bars`.
    late_hours : int, default 4
        Hours after the end of a trading date (20:00 New York) in which its prints still count and
        its cancels still revise, 0 to 8.
    """

    presets: tuple[str, ...] = DEFAULT_PRESETS
    momentum_min: int = 5
    mean_bars: int = 60
    min_bars: int = 10
    late_hours: int = 4

    def __post_init__(self) -> None:
        unknown = [name for name in self.presets if name not in PRESETS]
        if not self.presets or unknown or len(set(self.presets)) < len(self.presets):
            msg = (
                f"AGGRESSION_PRESETS is {','.join(self.presets)!r}, "
                f"expected names among {', '.join(PRESETS)}, each once"
            )
            raise MisconfiguredFlow(msg)
        for variable, value, least, most in (
            ("AGGRESSION_MOMENTUM_MIN", self.momentum_min, 1, 60),
            ("AGGRESSION_MEAN_BARS", self.mean_bars, 1, 390),
            ("AGGRESSION_MIN_BARS", self.min_bars, 1, self.mean_bars),
            ("ORDER_FLOW_LATE_HOURS", self.late_hours, 0, 8),
        ):
            if not least <= value <= most:
                msg = f"{variable} is {value}, expected {least} to {most}"
                raise MisconfiguredFlow(msg)

    @property
    def scorers(self) -> tuple[Preset, ...]:
        """Return the presets as data."""
        return tuple([PRESETS[name] for name in self.presets])

    @property
    def config_hash(self) -> str:
        """Return 8 hex digits over the effective thresholds, those of the presets included."""
        text = msgspec.json.encode((self, self.scorers))
        return hashlib.blake2b(text, digest_size=4).hexdigest()
