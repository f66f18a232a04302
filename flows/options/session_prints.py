"""Prints of a contract's session: its volume, and enough of each print to match a cancel."""

from array import array
from bisect import bisect_left

from schemas.records import OptionsPrint
from schemas.records import OptionsTape

NOT_COUNTED = (-1, 0)


def print_digest(record: OptionsPrint | OptionsTape, at_e4: int) -> int:
    """
    Return price, size and exchange of a print packed into 63 bits.

    Parameters
    ----------
    record : OptionsPrint | OptionsTape
        The print.
    at_e4 : int
        Its price in 1/10,000 dollar; above $429,496 the upper bits are cut.
    """
    venue = ord(record.exchange[0]) & 255 if record.exchange else 0
    return (at_e4 & 0xFFFFFFFF) << 31 | (record.size & 0x7FFFFF) << 8 | venue


class SessionPrints:
    """
    Volume of a contract in its current session, and its live prints in order of arrival.

    Sixteen bytes a print. A new trade date starts afresh; a late print of another session counts
    only itself and is not kept.
    """

    __slots__ = ("_digests", "_serial", "_serials", "trade_date", "volume")

    def __init__(self) -> None:
        self.trade_date = -1
        self.volume = 0
        self._serial = 0
        self._serials = array("q")
        self._digests = array("q")

    def add(self, trade_date: int, size: int, digest: int, *, is_late: bool) -> tuple[int, int]:
        """
        Count a volume-eligible print.

        Returns
        -------
        tuple[int, int]
            Its serial, and the session's volume including it.
        """
        if trade_date != self.trade_date:
            if is_late and self.trade_date >= 0:
                return -1, size
            self.trade_date = trade_date
            self.volume = 0
            del self._serials[:]
            del self._digests[:]
        self._serial += 1
        self.volume += size
        self._serials.append(self._serial)
        self._digests.append(digest)
        return self._serial, self.volume

    def volume_of(self, trade_date: int) -> int:
        """Return the volume of a session, 0 unless it is the current one."""
        return self.volume if trade_date == self.trade_date else 0

    def alike(self, trade_date: int, digest: int) -> list[int]:
        """Return the serials of live prints of a session with a digest, oldest first."""
        if trade_date != self.trade_date:
            return []
        return [
            serial
            for serial, other in zip(self._serials, self._digests, strict=True)
            if other == digest
        ]

    def live_range(self) -> tuple[int, int, int]:
        """Return the first and last live serial and how many there are (0, 0, 0 without any)."""
        serials = self._serials
        return (serials[0], serials[-1], len(serials)) if serials else (0, 0, 0)

    def reverse(self, serial: int, size: int) -> None:
        """Take a print out."""
        at = bisect_left(self._serials, serial)
        self._serials.pop(at)
        self._digests.pop(at)
        self.volume -= size

    def state(self) -> list[object]:
        """Return plain data from which `restore` builds an equal object."""
        return [
            self.trade_date,
            self.volume,
            self._serial,
            self._serials.tobytes(),
            self._digests.tobytes(),
        ]

    @classmethod
    def restore(cls, state: tuple[int, int, int, bytes, bytes]) -> "SessionPrints":
        """Build the object from `state`."""
        prints = cls()
        prints.trade_date, prints.volume, prints._serial, serials, digests = state
        prints._serials.frombytes(serials)
        prints._digests.frombytes(digests)
        return prints
