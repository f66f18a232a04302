"""The gateway's log: JSON lines with the request's id and without anything secret."""

import logging
import sys
from typing import Final
from typing import TextIO

import structlog
from structlog.typing import EventDict
from structlog.typing import WrappedLogger

from api.security.access import without_secrets

HIDDEN: Final = "hidden"
_SECRET_KEYS: Final = ("cookie", "authorization", "token", "password", "secret", "webhook_url")


def hide_secrets(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Cut tokens out of texts, and hide what stands under the name of a secret."""
    del logger, method
    for key, value in event.items():
        if any(part in key.lower() for part in _SECRET_KEYS):
            event[key] = HIDDEN
        elif isinstance(value, str):
            event[key] = without_secrets(value)
    return event


def is_news(record: logging.LogRecord) -> bool:
    """
    Return whether a line of the server's own says anything.

    The server takes a handshake answered with a problem for one that was not answered; the gate
    has logged it already.
    """
    return record.msg != "ASGI callable returned without completing handshake."


def configure_log(out: TextIO | None = None, level: int = logging.INFO) -> None:
    """
    Let this process log as the gateway does.

    Parameters
    ----------
    out : TextIO, optional
        Standard error by default.
    level : int
        Least level written.
    """
    logging.getLogger("uvicorn.error").addFilter(is_news)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            hide_secrets,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(out or sys.stderr),
        cache_logger_on_first_use=False,
    )
