"""Which prints set the last price of a trading date."""

import msgspec

from flows.common.conditions import Update


class LastPrice(msgspec.Struct):
    """
    The last-eligible prints of an underlying so far.

    Parameters
    ----------
    trade_date : int
        Days since 1970-01-01; with the next one there is no last price yet. 0 before any.
    exec_ts : int
        Latest execution of those prints, ns UTC; the print's own time where the feed gives none.

    Notes
    -----
    Source: equities specification, 4: "if first" holds while there is no earlier last this
    session, "if newest" while no last-eligible print of a later execution was seen.
    """

    trade_date: int = 0
    exec_ts: int = 0

    def sets_last(self, update: Update, trade_date: int, exec_ts: int) -> bool:
        """Return whether a print may set the last price, and so open and close."""
        rule = update.last
        if rule == "yes":
            return True
        if rule == "no":
            return False
        if trade_date != self.trade_date:
            return trade_date > self.trade_date
        return rule == "if_newest" and exec_ts >= self.exec_ts

    def take(self, trade_date: int, exec_ts: int) -> None:
        """Take a print that sets the last price."""
        if trade_date > self.trade_date:
            self.trade_date, self.exec_ts = trade_date, exec_ts
        elif trade_date == self.trade_date and exec_ts > self.exec_ts:
            self.exec_ts = exec_ts
