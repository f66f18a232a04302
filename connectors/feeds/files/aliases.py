"""Underlyings that a contract definition names otherwise than the root does."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from typing import TypeAlias

import msgspec

from connectors.feeds.base.items import Accepted
from connectors.feeds.base.items import FeedItem
from flows.options.contracts import parse_contract
from flows.options.contracts import trade_date_and_session
from schemas.records import OpenInterest
from schemas.records import OptionsNbbo
from schemas.records import OptionsPrint

AliasOf: TypeAlias = Callable[[str, int], str | None]


def with_aliases(items: Iterable[FeedItem], alias_of: AliasOf) -> Iterator[FeedItem]:
    """
    Put the underlying of contract definitions in the place of the root's.

    Topics are keyed by the underlying, so this happens before anything is published: later the
    record would lie on another partition than the quotes of its underlying.

    Parameters
    ----------
    items : iterable of FeedItem
        In order; events, equity quotes and rejects pass as they are.
    alias_of : Callable
        Given an option root and a trade date (days since 1970-01-01), returns the underlying, or
        None where the root says it.

    Notes
    -----
    Source: options flow specification, 1.2: a refdata alias always wins.
    """
    known: dict[tuple[str, int], str | None] = {}
    for item in items:
        if not isinstance(item, Accepted):
            yield item
            continue
        record = item.record
        if not isinstance(record, OptionsPrint | OptionsNbbo | OpenInterest):
            yield item
            continue
        root = parse_contract(record.option_contract_id).root
        trade_date, _ = trade_date_and_session(record.source_ts, root)
        key = (root, trade_date)
        if key not in known:
            known[key] = alias_of(root, trade_date)
        alias = known[key]
        if alias is None or alias == record.underlying_id:
            yield item
            continue
        aliased = msgspec.structs.replace(record, underlying_id=alias)
        yield Accepted(item.origin, item.topic, aliased, item.line)
