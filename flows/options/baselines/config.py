"""Windows and sample sizes of the rolling baselines."""

from typing import Final

import msgspec

from flows.errors import MisconfiguredFlow

BASELINE_POLICY: Final = "baselines.policy.v1"
LARGEST_SORTED_WINDOW: Final = 64


class BaselineConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    How much history a baseline holds, and how much it needs.

    Parameters
    ----------
    window : int, default 50
        Values of each metric of a contract, 12 to 64; sorted whenever a median is asked for
        (`ROLLING_WINDOW_SIZE`).
    underlying_window : int, default 500
        Values of each metric of an underlying, 65 to 5000; median and MAD are refreshed every 32
        of them (`ROLLING_UNDERLYING_WINDOW`).
    tod_window : int, default 200
        Packet premiums of one half-hour of an underlying, 65 to 5000 (`ROLLING_TOD_WINDOW`).
    sessions : int, default 20
        Finished sessions whose totals by half-hour are kept, 1 to 60 (`ROLLING_SESSIONS`).
    ttl_sec : int, default 86400
        Idle time after which a key is forgotten, in seconds of session days of 86,400 each, 3600
        to 2,592,000; days without a session do not count (`ROLLING_TTL_SEC`).
    min_samples : int, default 12
        Values from which a contract's own baseline is used, 2 to 64, at most `window`
        (`CLASSIFIER_Z_MIN_SAMPLES`).
    min_samples_wide : int, default 30
        Values from which that of an underlying or half-hour is used, 2 to 65
        (`CLASSIFIER_Z_MIN_SAMPLES_WIDE`).

    Notes
    -----
    Source: options flow specification, 7.
    """

    window: int = 50
    underlying_window: int = 500
    tod_window: int = 200
    sessions: int = 20
    ttl_sec: int = 86_400
    min_samples: int = 12
    min_samples_wide: int = 30

    def __post_init__(self) -> None:
        _check("ROLLING_WINDOW_SIZE", self.window, 12, LARGEST_SORTED_WINDOW)
        _check("ROLLING_UNDERLYING_WINDOW", self.underlying_window, 65, 5000)
        _check("ROLLING_TOD_WINDOW", self.tod_window, 65, 5000)
        _check("ROLLING_SESSIONS", self.sessions, 1, 60)
        _check("ROLLING_TTL_SEC", self.ttl_sec, 3600, 2_592_000)
        _check("CLASSIFIER_Z_MIN_SAMPLES", self.min_samples, 2, self.window)
        _check("CLASSIFIER_Z_MIN_SAMPLES_WIDE", self.min_samples_wide, 2, 65)


def _check(variable: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        msg = f"{variable} is {value}, expected {low} to {high}"
        raise MisconfiguredFlow(msg)
