"""What reading one file came to."""

from collections import Counter
from dataclasses import dataclass
from dataclasses import field
from typing import Final

from connectors.feeds.base.errors import TooManyRejects
from connectors.feeds.base.items import Reject

REJECT_RATIO_MIN_ROWS: Final = 1000
MAX_REJECT_PCT: Final = 5
REJECTS_SHOWN: Final = 10


@dataclass(slots=True)
class FileSummary:
    """
    Counts of one file; complete once its records have been read.

    Parameters
    ----------
    path, format, sha256, session : str
        The file; `session` is the first 12 hex digits of its SHA-256.
    total_bytes : int
        Size of the file.
    rows : int
        Rows or records, without header and footer.
    accepted : int
        Records handed on.
    accepted_by_topic, rejected : Counter
        Per topic; per reject reason.
    duplicates : int
        Rows dropped because the vendor's sequence shows that they are repeats.
    ignored : int
        Rows that hold no record: footers, definitions, system messages, the withheld.
    withheld : Counter
        Rows of reference data without a figure of their own, by reason: `no_open_interest`,
        `all_zero`, `copy_of:<file>`.
    first_ts, last_ts : int | None
        Smallest and largest `source_ts` of the accepted, ns UTC.
    unknown_venues, unknown_conditions : Counter
        By code; they pass through.
    dropped_quotes : int
        Quotes beside a print that were stamped after it: the print goes on without.
    first_rejects : list[str]
        The first ten, with their places.
    damaged : str | None
        Why the file ends early; the rows before are kept.
    """

    path: str
    format: str
    sha256: str
    session: str
    total_bytes: int
    rows: int = 0
    accepted: int = 0
    accepted_by_topic: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    ignored: int = 0
    withheld: Counter[str] = field(default_factory=Counter)
    first_ts: int | None = None
    last_ts: int | None = None
    unknown_venues: Counter[str] = field(default_factory=Counter)
    unknown_conditions: Counter[str] = field(default_factory=Counter)
    dropped_quotes: int = 0
    first_rejects: list[str] = field(default_factory=list)
    damaged: str | None = None

    @property
    def rejects(self) -> int:
        """Rows that became dead letters."""
        return self.rejected.total()

    @property
    def items(self) -> int:
        """Accepted records and rejects: what a publisher is handed in all."""
        return self.accepted + self.rejects

    def count_reject(self, reject: Reject) -> None:
        """
        Count a bad row.

        Raises
        ------
        TooManyRejects
            More than 5 % of at least 1,000 rows are bad.
        """
        self.rejected[reject.reason] += 1
        if len(self.first_rejects) < REJECTS_SHOWN:
            self.first_rejects.append(f"{reject.position}: {reject.reason}: {reject.message}")
        self.check_rejects()

    def check_rejects(self) -> None:
        """Raise `TooManyRejects` when more than 5 % of at least 1,000 rows are bad."""
        if self.rows >= REJECT_RATIO_MIN_ROWS and 100 * self.rejects > MAX_REJECT_PCT * self.rows:
            shown = "\n  ".join(self.first_rejects)
            msg = (
                f"{self.path}: {self.rejects:,} of {self.rows:,} rows are bad, more than "
                f"{MAX_REJECT_PCT} %; is it really a {self.format} file? Nothing of it is "
                f"published. The first {len(self.first_rejects)}:\n  {shown}"
            )
            raise TooManyRejects(msg)
