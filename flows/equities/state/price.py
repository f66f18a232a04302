"""The newest price of an underlying."""

import msgspec


class NewestPrice(msgspec.Struct):
    """
    The last-eligible print that is newest by (`source_ts`, `seq`), of one trading date.

    Parameters
    ----------
    trade_date : int
        Days since 1970-01-01; each begins without a price.
    at_e4 : int
        1/10,000 dollar; 0 before the first print.
    ts, seq, ingest_ts : int
        Of the print.
    """

    trade_date: int = 0
    at_e4: int = 0
    ts: int = 0
    seq: int = 0
    ingest_ts: int = 0

    def begin(self, trade_date: int) -> None:
        """Begin a trading date."""
        self.trade_date = trade_date
        self.forget()

    def forget(self) -> None:
        """Be without a price."""
        self.at_e4 = self.ts = self.seq = self.ingest_ts = 0

    def take_over(self, other: "NewestPrice") -> None:
        """Copy another's fields."""
        self.trade_date, self.at_e4 = other.trade_date, other.at_e4
        self.ts, self.seq, self.ingest_ts = other.ts, other.seq, other.ingest_ts


def price_text(at_e4: int) -> str:
    """
    Return a price (1/10,000 dollar) with two decimals, or four where it has them.

    Examples
    --------
    >>> price_text(1_004_000), price_text(12_345)
    ('100.40', '1.2345')
    """
    return f"{at_e4 / 10_000:.4f}" if at_e4 % 100 else f"{at_e4 / 10_000:.2f}"


def tick_e4(at_e4: int) -> int:
    """Return the least price step (1/10,000 dollar): a cent from $1 on, below 1/100 of it."""
    return 100 if at_e4 >= 10_000 else 1
