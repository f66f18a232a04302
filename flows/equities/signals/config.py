"""Configuration of the signals."""

from typing import Final

import msgspec

from flows.common.calendar import NS_PER_MINUTE
from flows.common.calendar import NS_PER_S
from flows.errors import MisconfiguredFlow

SIGNAL_POLICY: Final = "signals.policy.v1"
CADENCE_NS: Final = NS_PER_S


class SignalConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    How strategies are run; what they do is in their own definitions.

    Parameters
    ----------
    close_out_min : int, default 5
        Minutes before the close at which positions are left and none is entered any more, 1 to 60.
    idle_s : int, default 120
        Seconds without a bar, state or order flow after which strategies are not asked, 1 to 3,600.
    """

    close_out_min: int = 5
    idle_s: int = 120

    def __post_init__(self) -> None:
        for variable, value, least, most in (
            ("SIGNAL_CLOSE_OUT_MIN", self.close_out_min, 1, 60),
            ("SIGNAL_IDLE_S", self.idle_s, 1, 3600),
        ):
            if not least <= value <= most:
                msg = f"{variable} is {value}, expected {least} to {most}"
                raise MisconfiguredFlow(msg)

    @property
    def close_out_ns(self) -> int:
        """Return `close_out_min` in ns."""
        return self.close_out_min * NS_PER_MINUTE

    @property
    def idle_ns(self) -> int:
        """Return `idle_s` in ns."""
        return self.idle_s * NS_PER_S
