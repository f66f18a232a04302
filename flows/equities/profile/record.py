"""The record of a profile."""

from typing import Final

import msgspec

from flows.equities.observed import MICRO
from flows.equities.profile.config import PROFILE_POLICY
from flows.equities.profile.config import ProfileConfig
from flows.equities.profile.histogram import Dense
from flows.equities.profile.nodes import nodes
from flows.equities.profile.rows import label
from flows.equities.profile.value_area import value_area
from flows.equities.stage import Desk
from schemas.records import EquityProfile

PROFILE_VERSION: Final = "equities.profile.v1"
PRINTS: Final = "prints"

SESSION: Final = "session"
ROLLING: Final = "rolling"
COMPOSITE: Final = "composite"
MINUTE: Final = "minute"


class Span(msgspec.Struct, frozen=True):
    """
    What a profile is of.

    Parameters
    ----------
    window : str
        `session`, `rolling`, `composite` or `minute`.
    key : str
        Ends the record's id: `<date>-rth`, `<date>-full`, `<minutes>-<boundary_ns>`,
        `<n>-<last date>` or `<start_ns>`.
    start_ns, end_ns : int
        ns UTC, the end not included.
    """

    window: str
    key: str
    start_ns: int
    end_ns: int


class Issue(msgspec.Struct, frozen=True):
    """
    When a profile comes out, for the how manyth time, and by what.

    Parameters
    ----------
    at_ns : int
        Boundary, ns UTC.
    revision : int
        0 at first.
    closed : bool
        The window has ended.
    ingest_ts, seq : int
        Greatest of the inputs', and of the last input.
    basis : str
        `prints` or `bars`.
    """

    at_ns: int
    revision: int
    closed: bool
    ingest_ts: int
    seq: int
    basis: str = PRINTS


class ProfileMaker:
    """
    Make records of one underlying.

    Parameters
    ----------
    desk : Desk
        Source and underlying.
    config : ProfileConfig
        Value area and nodes.
    config_hash : str
        Of the configuration in force.
    """

    def __init__(self, desk: Desk, config: ProfileConfig, config_hash: str) -> None:
        self._desk = desk
        self._config = config
        self._config_hash = config_hash

    def record(self, span: Span, dense: Dense, issue: Issue) -> EquityProfile:
        """Return the record of a profile; without volume it has no POC, value area or nodes."""
        desk, config = self._desk, self._config
        first, row_e4 = dense.first_row, dense.row_e4
        area = value_area(dense.volume, config.value_area_pct)
        found = nodes(dense.volume, config)
        return EquityProfile(
            issue.at_ns, issue.ingest_ts, issue.seq,
            f"profile:{desk.source}:{desk.underlying_id}:{span.window}:{span.key}",
            PROFILE_VERSION, issue.revision, desk.source, desk.underlying_id, span.window,
            span.start_ns, span.end_ns, row_e4, first, issue.basis, config.nodes, issue.closed,
            sum(dense.volume) / MICRO, dense.excluded / MICRO,
            area.volume / MICRO if area else 0.0,
            _shares(dense.volume), _shares(dense.buy), _shares(dense.sell),
            _shares(dense.unknown), _shares(dense.off_exchange), dense.trades,
            tuple([label(first + at, row_e4) for at in found.low]),
            tuple([label(first + at, row_e4) for at in found.high]),
            label(first + area.poc, row_e4) if area else None,
            label(first + area.vah, row_e4) if area else None,
            label(first + area.val, row_e4) if area else None,
            PROFILE_POLICY, self._config_hash,
        )  # fmt: skip


def _shares(column: tuple[int, ...]) -> tuple[float, ...]:
    return tuple([micro / MICRO for micro in column])
