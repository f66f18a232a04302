"""Configuration of the join of prints with quotes."""

import hashlib
from typing import Final
from typing import Literal

import msgspec

from flows.common.calendar import NS_PER_MS
from flows.errors import MisconfiguredFlow

JOIN_POLICY: Final = "join.policy.v1"
MAX_QUOTE_AGE_MS: Final = 60_000
MAX_BOOK_MS: Final = 60_000
MAX_BOOK_QUOTES: Final = 65_536
MAX_WIDE_BPS: Final = 1_000
MAX_KEPT_JOINS: Final = 1_000_000
MAX_KEPT_MIN: Final = 960

# Where the result is what, rather than how much memory is spent on it.
_MEMORY_FIELDS: Final = frozenset({"kept_joins", "kept_min", "scope"})


class JoinConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    How a print finds its quote, and what is said of it.

    Parameters
    ----------
    quote_max_age_ms : int, default 1000
        Age above which a quote is `STALE` when `staleness_basis` is `quote`, 1 to 60,000.
    staleness_basis : str, default "quote"
        `quote`: a quote grows old. `change`: the feed sends changes only, so an unchanged quote is
        not old; only `change_max_age_ms` bounds it.
    change_max_age_ms : int, default 60000
        Age above which a quote is `STALE` when `staleness_basis` is `change`, 1 to 60,000.
    scope : str, default "off_exchange"
        Prints whose join is published: those a FINRA facility reported, or `all`.
    book_ms, book_quotes : int, default 15000 and 4096
        Quotes kept per underlying, in ms of event time, 1 to 60,000, and in number, 1 to 65,536;
        the newest older one is always kept too.
    exec_lead_ms : int, default 10000
        How long before its publication a print may have been executed for its quote to be that of
        the execution, and above which it is a late report, 0 to 60,000; at most `book_ms`.
    wide_bps : int, default 50
        Spread in 1/10,000 of the mid above which a quote is wide, 1 to 1,000.
    kept_joins : int, default 20000
        Published joins per underlying that a cancel can still revise, 0 to 1,000,000.
    kept_min : int, default 30
        Minutes of event time they are kept, 1 to 960.

    Notes
    -----
    Source: equities specification, 6 and 16.
    """

    quote_max_age_ms: int = 1000
    staleness_basis: Literal["quote", "change"] = "quote"
    change_max_age_ms: int = 60_000
    scope: Literal["off_exchange", "all"] = "off_exchange"
    book_ms: int = 15_000
    book_quotes: int = 4096
    exec_lead_ms: int = 10_000
    wide_bps: int = 50
    kept_joins: int = 20_000
    kept_min: int = 30

    def __post_init__(self) -> None:
        if self.staleness_basis not in {"quote", "change"}:
            msg = (
                f"EQUITY_QUOTE_STALENESS_BASIS is {self.staleness_basis!r}, "
                "expected quote or change"
            )
            raise MisconfiguredFlow(msg)
        if self.scope not in {"off_exchange", "all"}:
            msg = f"EQUITY_JOIN_SCOPE is {self.scope!r}, expected off_exchange or all"
            raise MisconfiguredFlow(msg)
        _within("EQUITY_QUOTE_MAX_AGE_MS", self.quote_max_age_ms, 1, MAX_QUOTE_AGE_MS)
        _within("EQUITY_QUOTE_CHANGE_MAX_AGE_MS", self.change_max_age_ms, 1, MAX_QUOTE_AGE_MS)
        _within("EQUITY_QUOTE_BOOK_MS", self.book_ms, 1, MAX_BOOK_MS)
        _within("EQUITY_QUOTE_BOOK_QUOTES", self.book_quotes, 1, MAX_BOOK_QUOTES)
        # A lead the book does not reach back to would find no quote where there was one.
        _within("EQUITY_EXEC_LEAD_MS", self.exec_lead_ms, 0, self.book_ms)
        _within("EQUITY_JOIN_WIDE_BPS", self.wide_bps, 1, MAX_WIDE_BPS)
        _within("EQUITY_JOINS_KEPT", self.kept_joins, 0, MAX_KEPT_JOINS)
        _within("EQUITY_JOINS_KEPT_MIN", self.kept_min, 1, MAX_KEPT_MIN)

    @property
    def max_age_ns(self) -> int:
        """Return the age, ns, above which a quote is stale on the chosen basis."""
        if self.staleness_basis == "change":
            return self.change_max_age_ms * NS_PER_MS
        return self.quote_max_age_ms * NS_PER_MS

    @property
    def config_hash(self) -> str:
        """Return 8 hex digits over what decides the content of a record."""
        text = msgspec.json.encode(
            [
                [name, getattr(self, name)]
                for name in self.__struct_fields__
                if name not in _MEMORY_FIELDS
            ]
        )
        return hashlib.blake2b(text, digest_size=4).hexdigest()


def _within(variable: str, value: int, least: int, greatest: int) -> None:
    if not least <= value <= greatest:
        msg = f"{variable} is {value}, expected {least} to {greatest}"
        raise MisconfiguredFlow(msg)
