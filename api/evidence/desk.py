"""What the evidence routes keep between requests."""

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from api.evidence.clock import MarketClock
from api.evidence.document import document_of
from api.evidence.refs import Ref
from api.evidence.resolve import Resolver
from api.evidence.resolve import Rings
from api.evidence.traced import Ask
from api.store import Store

_CLOCKS: WeakKeyDictionary[Store, MarketClock] = WeakKeyDictionary()


def clock_of(store: Store) -> MarketClock:
    """Return the clock of a store's tables; one as long as the store lives."""
    return _CLOCKS.setdefault(store, MarketClock())


async def evidence(
    store: Store, rings: Rings, refs: Sequence[Ref], ask: Ask
) -> list[dict[str, Any]]:
    """Return the documents of references, in their order."""
    found = await Resolver(store, rings, clock_of(store)).trace(refs, ask)
    return [document_of(each) for each in found]
