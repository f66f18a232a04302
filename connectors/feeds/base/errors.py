"""Errors of the feeds; `exit_code` is what a command that meets one ends with."""

from enum import StrEnum
from typing import ClassVar
from typing import Final

from connectors.errors import MisconfiguredConnector
from connectors.errors import RejectedRecord

EXIT_WRONG_INPUT: Final = 2
EXIT_TOO_MANY_REJECTS: Final = 3


class RejectReason(StrEnum):
    """Why a row or message becomes a dead letter (feeds specification, 7)."""

    NOT_DECODABLE = "not_decodable"
    MISSING_FIELD = "missing_field"
    BAD_SYMBOL = "bad_symbol"
    INVALID_PRICE = "invalid_price"
    INVALID_SIZE = "invalid_size"
    BAD_TIMESTAMP = "bad_timestamp"
    UNKNOWN_MESSAGE = "unknown_message"


class WrongInput(MisconfiguredConnector):
    """What the caller named cannot be published; correct it and start again."""

    exit_code: ClassVar[int] = EXIT_WRONG_INPUT


class UnreadableFile(WrongInput):
    """The path is no file, cannot be read, or is empty."""


class WrongFormat(WrongInput):
    """The content is not what was asked for, or nothing a feed can read."""


class MissingFact(WrongInput):
    """The file leaves something open that the caller has to say: its date, its symbol."""


class TooManyRejects(RejectedRecord):
    """More than 5 % of a file's rows are bad; nothing of it is published."""

    exit_code: ClassVar[int] = EXIT_TOO_MANY_REJECTS


class RejectedRow(RejectedRecord):
    """
    A row cannot become a record; it goes to the dead letters.

    Parameters
    ----------
    reason : RejectReason
        The kind of fault.
    message : str
        What was found and what was expected.
    """

    def __init__(self, reason: RejectReason, message: str) -> None:
        super().__init__(f"{reason}: {message}")
        self.reason = reason
        self.message = message


class StaleCheckpoint(WrongInput):
    """A checkpoint speaks of records the log no longer holds."""
