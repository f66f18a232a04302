"""Configuration of the net premium flow."""

import hashlib
import re
from typing import Final

import msgspec

from flows.errors import MisconfiguredFlow

PREMIUM_POLICY: Final = "premium.policy.v1"
INTERVAL_MS: Final = 60_000
NS_PER_MS: Final = 1_000_000
INTERVAL_NS: Final = INTERVAL_MS * NS_PER_MS
MIN_EMIT_MS: Final = 100
MIN_REPEAT_ROWS: Final = 1024
MAX_REPEAT_ROWS: Final = 16_777_216
# The products on the broad United States indices: what they trade is a view of the market.
INDEX_PRODUCTS: Final = ("SPY", "QQQ", "IWM", "DIA", "SPX", "XSP", "NDX", "RUT")

_SYMBOL: Final = re.compile(r"[A-Z0-9.]{1,8}")


class PremiumConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    How premium is gathered.

    Parameters
    ----------
    emit_ms : int, default 1000
        Event time between two records of a bucket that keeps changing, 100 to 60,000; divides a
        minute, so that a bucket closes on the same grid.
    basket : tuple of str
        Underlyings added up as `_basket`; none for no such record. Default: the products on the
        broad indices.
    repeat_rows : int, default 131072
        Counted tape rows of a partition among which a row written again is recognised, 1,024 to
        16,777,216. At least what the options flow writes to a partition between two snapshots.
    """

    emit_ms: int = 1000
    basket: tuple[str, ...] = INDEX_PRODUCTS
    repeat_rows: int = 131_072

    def __post_init__(self) -> None:
        if not MIN_EMIT_MS <= self.emit_ms <= INTERVAL_MS or INTERVAL_MS % self.emit_ms:
            msg = (
                f"NET_PREMIUM_EMIT_MS is {self.emit_ms}, expected a divisor of 60000 "
                "from 100 to 60000"
            )
            raise MisconfiguredFlow(msg)
        wrong = [name for name in self.basket if _SYMBOL.fullmatch(name) is None]
        if wrong:
            msg = f"NET_PREMIUM_BASKET has {wrong[0]!r}, expected root symbols of A-Z, 0-9 and dots"
            raise MisconfiguredFlow(msg)
        if not MIN_REPEAT_ROWS <= self.repeat_rows <= MAX_REPEAT_ROWS:
            msg = (
                f"NET_PREMIUM_REPEAT_ROWS is {self.repeat_rows}, "
                f"expected {MIN_REPEAT_ROWS} to {MAX_REPEAT_ROWS}"
            )
            raise MisconfiguredFlow(msg)

    @property
    def emit_ns(self) -> int:
        """Return `emit_ms` in ns."""
        return self.emit_ms * NS_PER_MS

    @property
    def config_hash(self) -> str:
        """Return 8 hex digits over what decides the content of a record: the basket."""
        text = msgspec.json.encode(sorted(set(self.basket)))
        return hashlib.blake2b(text, digest_size=4).hexdigest()
