"""What a client may say on a socket; gateway specification, 8.1."""

from typing import Annotated
from typing import Final

import msgspec

MAX_DEPTH: Final = 5000
MAX_ERRORS: Final = 20
PROTOCOL_CLOSE: Final = 4400
RATE_CLOSE: Final = 4429
POLICY_CLOSE: Final = 1008
SLOW_CLOSE: Final = 1013
AWAY_CLOSE: Final = 1001
NORMAL_CLOSE: Final = 1000
SIZE_CLOSE: Final = 1009

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
_Share = Annotated[float, msgspec.Meta(ge=0, le=1e7)]
FilterValue = str | bool | int | float | list[str | bool | int | float] | None


class Subscribe(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag=str.lower
):
    """
    Ask for a channel; a known `id` is replaced.

    Parameters
    ----------
    id : str
        The client's own name of the subscription.
    channel : str
        Stream or soft channel.
    filters : dict
        As in a query string, lists as arrays.
    depth : int | None
        Records of the snapshot; the channel's own depth by default.
    run : str
        Replay run; empty for live.
    resume : str
        Cursor; empty for none.
    """

    id: _Id
    channel: _Name
    filters: dict[str, FilterValue] = {}
    depth: Annotated[int, msgspec.Meta(ge=0, le=MAX_DEPTH)] | None = None
    run: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    resume: Annotated[str, msgspec.Meta(max_length=8192)] | None = None


class Unsubscribe(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag=str.lower
):
    """End a subscription."""

    id: _Id


class Ping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag=str.lower):
    """Ask for the server's time; `t` comes back as it is."""

    t: float | None = None


class Shares(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Percentiles, ms."""

    p50: _Share
    p95: _Share
    p99: _Share


class Stats(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag=str.lower):
    """
    What the terminal measured since the last of these.

    Parameters
    ----------
    paint_ms : dict
        By channel, from the frame to the screen.
    receive_ms : Shares | None
        From the frame to the browser, by its clock's offset.
    frame_ms : float | None
        p95 of the browser's own frames.
    heap_mb : float | None
        Memory of the page.
    """

    paint_ms: dict[_Name, Shares] = {}
    receive_ms: Shares | None = None
    frame_ms: _Share | None = None
    heap_mb: _Share | None = None


Message = Subscribe | Unsubscribe | Ping | Stats

_DECODER: Final[msgspec.json.Decoder[Message]] = msgspec.json.Decoder(Message)


def read_message(text: str | bytes) -> Message:
    """
    Return what a client said.

    Raises
    ------
    msgspec.MsgspecError
        It is not JSON, not one of the messages, or has a field of its own.
    """
    return _DECODER.decode(text)
