"""The consolidated market of one underlying, made from the quotes of single venues."""

from typing import Final
from typing import TypeAlias

from flows.common.sessions import CLOSED
from flows.common.sessions import POST
from flows.common.sessions import PRE
from flows.common.sessions import day_bounds_ns
from flows.common.sessions import rth_bounds_ns
from flows.common.sessions import trade_date_and_segment

# Rank of the price, shares, minus the place in the order of quotes, venue: the greatest is best.
_VenueQuote: TypeAlias = tuple[int, int, int, str]
_NO_QUOTE: Final[_VenueQuote] = (-(2**62), 0, 0, "")
_BID: Final = 1
_ASK: Final = -1


def segment_end_ns(at_ns: int) -> int:
    """
    Return the end of the session segment an instant lies in, ns UTC.

    Parameters
    ----------
    at_ns : int
        ns UTC.

    Notes
    -----
    Source: equities specification, 2. Of `closed` it is the next 04:00 New York with a session.
    """
    trade_date, segment = trade_date_and_segment(at_ns)
    if segment == CLOSED:
        return day_bounds_ns(trade_date)[0]
    if segment == POST:
        return day_bounds_ns(trade_date)[1]
    open_ns, close_ns = rth_bounds_ns(trade_date)
    return open_ns if segment == PRE else close_ns


class NbboSide:
    """
    The best of one side.

    Attributes
    ----------
    price_e4 : int
        1/10,000 dollar; 0 when no venue quotes the side.
    size_shares : int
        Of the largest single venue at that price; sizes are not summed.
    venue : str
        That venue; empty when there is none.
    """

    __slots__ = ("_best", "_order", "_quotes", "_sign", "price_e4", "size_shares", "venue")

    def __init__(self, sign: int) -> None:
        self._sign = sign
        self._quotes: dict[str, _VenueQuote] = {}
        self._order = 0
        self._best = _NO_QUOTE
        self.price_e4 = 0
        self.size_shares = 0
        self.venue = ""

    def place(self, venue: str, price_e4: int, size_shares: int) -> bool:
        """
        Take a venue's quote in the place of its last; without price or size it has none.

        Returns
        -------
        bool
            The best price, size or venue is another now.

        Notes
        -----
        A quote repeated unchanged keeps its place among equals: half of what venues send repeats
        one side, and the market would change hands each time.
        """
        quotes, best = self._quotes, self._best
        if price_e4 <= 0 or size_shares <= 0:
            if quotes.pop(venue, None) is None or best[3] != venue:
                return False
            self._take(max(quotes.values(), default=_NO_QUOTE))
            return True
        rank = price_e4 * self._sign
        before = quotes.get(venue)
        if before is not None and before[0] == rank and before[1] == size_shares:
            return False
        self._order += 1
        made = (rank, size_shares, -self._order, venue)
        quotes[venue] = made
        if best[3] != venue:
            if made < best:
                return False
            self._take(made)
            return True
        # Only a best that became worse leaves it open who is best now.
        is_no_worse = rank > best[0] or (rank == best[0] and size_shares > best[1])
        self._take(made if is_no_worse else max(quotes.values()))
        return True

    def clear(self) -> None:
        """Let the quotes of all venues die."""
        self._quotes.clear()
        self._take(_NO_QUOTE)

    def _take(self, best: _VenueQuote) -> None:
        self._best = best
        self.price_e4 = best[0] * self._sign if best[3] else 0
        self.size_shares = best[1]
        self.venue = best[3]

    @property
    def state(self) -> tuple[int, int, str]:
        """Price (1/10,000 dollar), shares and venue of the best."""
        return self.price_e4, self.size_shares, self.venue


class ConsolidatedNbbo:
    """
    The best bid and offer of all venues of one underlying.

    Attributes
    ----------
    bid, ask : NbboSide
        The market as of the last quote. It may be locked or crossed: that is the reader's matter.

    Notes
    -----
    Source: equities specification, 6. The last quote of each venue counts, where it is firm and
    has a price and a size; best price, then the largest single venue, then the earlier quote. All
    venue quotes die at the boundaries of the session (04:00, 09:30, the close, 20:00 New York): a
    venue that stopped quoting sends nothing that would take its last quote away. Quotes are given
    in event time; one that comes late counts as if it came now.
    """

    __slots__ = ("_dies_ns", "ask", "bid")

    def __init__(self) -> None:
        self.bid = NbboSide(_BID)
        self.ask = NbboSide(_ASK)
        self._dies_ns = 0

    def on_bid(self, at_ns: int, venue: str, price_e4: int, size_shares: int) -> bool:
        """
        Take a venue's bid; see `on_quote`.

        Parameters
        ----------
        at_ns : int
            Event time, ns UTC.
        venue : str
            Who quotes.
        price_e4, size_shares : int
            1/10,000 dollar and shares; 0 or less of either, or a quote that is not firm, takes
            the venue's bid away.
        """
        if at_ns >= self._dies_ns:
            return self._on_boundary(at_ns, venue, (price_e4, size_shares), None)
        return self.bid.place(venue, price_e4, size_shares)

    def on_ask(self, at_ns: int, venue: str, price_e4: int, size_shares: int) -> bool:
        """Take a venue's offer; as `on_bid`."""
        if at_ns >= self._dies_ns:
            return self._on_boundary(at_ns, venue, None, (price_e4, size_shares))
        return self.ask.place(venue, price_e4, size_shares)

    def on_quote(self, at_ns: int, venue: str, bid: tuple[int, int], ask: tuple[int, int]) -> bool:
        """
        Take both sides of a venue.

        Parameters
        ----------
        at_ns : int
            Event time, ns UTC.
        venue : str
            Who quotes.
        bid, ask : tuple[int, int]
            Price in 1/10,000 dollar and shares, each as in `on_bid`.

        Returns
        -------
        bool
            Price, size or venue of a side changed, so there is a record to publish.
        """
        if at_ns >= self._dies_ns:
            return self._on_boundary(at_ns, venue, bid, ask)
        is_other_bid = self.bid.place(venue, *bid)
        return self.ask.place(venue, *ask) or is_other_bid

    def _on_boundary(
        self, at_ns: int, venue: str, bid: tuple[int, int] | None, ask: tuple[int, int] | None
    ) -> bool:
        before = self.bid.state, self.ask.state
        self.bid.clear()
        self.ask.clear()
        self._dies_ns = segment_end_ns(at_ns)
        if bid is not None:
            self.bid.place(venue, *bid)
        if ask is not None:
            self.ask.place(venue, *ask)
        return (self.bid.state, self.ask.state) != before
