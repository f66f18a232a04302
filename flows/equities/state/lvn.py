"""Low-volume nodes near the price: which is nearest, and alerts when it comes near or crosses."""

from bisect import bisect_left
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

import msgspec

from flows.common.cadence import NEVER
from flows.common.cadence import boundary_after
from flows.common.resume import check_version
from flows.equities.alert_draft import AlertDraft
from flows.equities.stage import Desk
from flows.equities.state.config import LvnConfig
from flows.equities.state.levels import Levels
from flows.equities.state.levels import SessionLevels
from flows.equities.state.levels import composite_sessions
from flows.equities.state.levels import levels_of
from flows.equities.state.nodes import LvnDistance
from flows.equities.state.nodes import Node
from flows.equities.state.nodes import distance
from flows.equities.state.nodes import is_away
from flows.equities.state.nodes import is_within
from flows.equities.state.nodes import nearest_place
from flows.equities.state.nodes import unite
from flows.equities.state.price import NewestPrice
from flows.equities.state.price import price_text
from schemas.records import EquityProfile
from schemas.records import EvidenceRef

STATE_VERSION: Final = 1
NEAR: Final = "lvn.near"
CROSS: Final = "lvn.cross"
_ADVERB: Final = {"BELOW": "below", "ABOVE": "above", None: "at"}

_State = tuple[
    int,
    int,
    int,
    NewestPrice,
    list[Levels],
    Levels | None,
    bool,
    int,
    list[Node],
    list[int],
    list[bool],
    int,
]


class LvnDesk:
    """
    Watch the low-volume nodes of one underlying.

    Nodes are those of the developing session, the previous one and the composite of the last
    sessions, united. `lvn.near` comes once for the nearest node within `LVN_ALERT_PCT`; the node is
    armed again at twice that distance. `lvn.cross` comes for every node the price lies on the other
    side of than at the evaluation before; a price exactly at the node is on neither side. A node
    that moved by no more than a row when its profile grew stays the node it was.

    The price is not added here: `StateDesk.add` keeps `price` and wakes this desk when it changes.
    Evaluated at a boundary after a change of price or nodes only, in every segment of the day.

    Parameters
    ----------
    who : Desk
        Source and underlying.
    config : LvnConfig
        Thresholds.

    Notes
    -----
    Source: equities specification, 12 and 15.
    """

    def __init__(self, who: Desk, config: LvnConfig) -> None:
        self._who = who
        self._config = config
        self.due_ns = NEVER
        self.price = NewestPrice()
        self._reached_ns = 0
        self._sessions = SessionLevels()
        self._composite: Levels | None = None
        self._is_stale = False
        self._row_e4 = 0
        self._seen_e4 = 0
        self._nodes: list[Node] = []
        self._nodes_e4: list[int] = []
        self._sides: list[int] = []
        self._armed: list[bool] = []

    def begin(self, trade_date: int) -> None:
        """Begin a trading date: no price yet, every node is armed."""
        self.price.begin(trade_date)
        self._seen_e4 = 0
        self._nodes, self._nodes_e4, self._sides, self._armed = [], [], [], []
        self._is_stale = True
        self.due_ns = NEVER

    def wake(self, now_ns: int) -> None:
        """Ask for an evaluation at the next boundary after an instant (ns UTC)."""
        self._reached_ns = max(self._reached_ns, now_ns)
        boundary_ns = boundary_after(self._reached_ns, self._config.cadence_ns)
        self.due_ns = min(self.due_ns, boundary_ns)

    def on_profile(self, profile: EquityProfile) -> None:
        """Take the profile of a regular session or a composite; others are passed over."""
        if composite_sessions(profile) == self._config.composite_sessions:
            levels = levels_of(profile)
            newest = self._composite
            if levels is not None and (newest is None or levels.trade_date >= newest.trade_date):
                self._composite = levels
        elif not self._sessions.take(profile):
            return
        self._is_stale = True
        if self.price.at_e4:
            self.wake(profile.source_ts)

    def nearest(self, at_e4: int) -> LvnDistance | None:
        """Return where a price (1/10,000 dollar) lies to the nearest node; null without nodes."""
        self._refresh()
        place = nearest_place(self._nodes_e4, at_e4)
        if place is None:
            return None
        return distance(self._nodes_e4[place], at_e4, self._config.alert_pct)

    def nodes(self) -> Sequence[Node]:
        """Return the united nodes, ascending."""
        self._refresh()
        return self._nodes

    def evaluate(self, at_ns: int) -> Sequence[AlertDraft]:
        """Compare the price with the nodes at a boundary (ns UTC)."""
        self.due_ns = NEVER
        self._reached_ns = max(self._reached_ns, at_ns)
        self._refresh()
        at_e4 = self.price.at_e4
        if not at_e4:
            return ()
        drafts = [self._draft(CROSS, place, at_ns) for place in self._crossed(at_e4)]
        self._seen_e4 = at_e4
        config = self._config
        away_pct = config.alert_pct * config.rearm_factor
        for place, is_armed in enumerate(self._armed):
            if not is_armed and is_away(self._nodes_e4[place], at_e4, away_pct):
                self._armed[place] = True
        nearest = nearest_place(self._nodes_e4, at_e4)
        if (
            nearest is not None
            and self._armed[nearest]
            and is_within(self._nodes_e4[nearest], at_e4, config.alert_pct)
        ):
            self._armed[nearest] = False
            drafts.append(self._draft(NEAR, nearest, at_ns))
        return drafts

    def state(self) -> bytes:
        """Return the desk as plain data."""
        state: _State = (
            STATE_VERSION,
            self.due_ns,
            self._reached_ns,
            self.price,
            self._sessions.state(),
            self._composite,
            self._is_stale,
            self._seen_e4,
            self._nodes,
            self._sides,
            self._armed,
            self._row_e4,
        )
        return msgspec.msgpack.encode(state)

    def load(self, state: bytes) -> None:
        """
        Take over a state.

        Raises
        ------
        MisconfiguredFlow
            It was written by another version.
        """
        check_version(state, STATE_VERSION, "the low-volume nodes")
        found = msgspec.msgpack.decode(state, type=_State)
        _, self.due_ns, self._reached_ns, price, sessions, self._composite = found[:6]
        self._is_stale, self._seen_e4, self._nodes, self._sides, self._armed = found[6:11]
        self._row_e4 = found[11]
        self.price.take_over(price)
        self._sessions.load(sessions)
        self._nodes_e4 = [node.at_e4 for node in self._nodes]

    def _profiles(self) -> list[Levels]:
        trade_date = self.price.trade_date
        developing = self._sessions.developing(trade_date)
        previous = self._sessions.previous(trade_date)
        return [each for each in (developing, previous, self._composite) if each is not None]

    def _refresh(self) -> None:
        if not self._is_stale:
            return
        self._is_stale = False
        profiles = self._profiles()
        row_e4 = max([each.row_e4 for each in profiles], default=0)
        before, armed, sides = self._nodes_e4, self._armed, self._sides
        self._nodes = unite(profiles)
        self._nodes_e4 = [node.at_e4 for node in self._nodes]
        self._sides, self._armed = [], []
        for at_e4 in self._nodes_e4:
            place = _same_node(before, at_e4, max(row_e4, self._row_e4))
            if place is None:
                self._armed.append(True)
                self._sides.append(0)
                continue
            is_unmoved = before[place] == at_e4
            self._armed.append(armed[place])
            self._sides.append(sides[place] if is_unmoved else _side(self._seen_e4, at_e4))
        self._row_e4 = row_e4

    def _crossed(self, at_e4: int) -> list[int]:
        """Return the places of the nodes the price crossed since the last evaluation."""
        crossed: list[int] = []
        sides = self._sides
        below = bisect_left(self._nodes_e4, at_e4)
        above = bisect_right(self._nodes_e4, at_e4)
        for place, before in enumerate(sides):
            side = 1 if place < below else (-1 if place >= above else 0)
            if side and side != before:
                sides[place] = side
                if before:
                    crossed.append(place)
        return crossed

    def _draft(self, kind: str, place: int, at_ns: int) -> AlertDraft:
        config, price, node = self._config, self.price, self._nodes[place]
        is_cross = kind == CROSS
        underlying, label = self._who.underlying_id, price_text(node.at_e4)
        at = distance(node.at_e4, price.at_e4, config.alert_pct)
        where = f"{at.distance_pct:.2f}% {_ADVERB[at.position]} the low-volume node {label}"
        message = f"{underlying} {price_text(price.at_e4)} is {where}"
        direction = "neutral"
        if is_cross:
            is_up = at.position == "ABOVE"
            direction = "bullish" if is_up else "bearish"
            way = "upwards" if is_up else "downwards"
            message = f"{underlying} crossed the low-volume node {label} {way}"
        score = config.cross_score if is_cross else config.near_score
        refs = [
            EvidenceRef(
                "level", f"level:{self._who.source}:{underlying}:lvn:{label}", "anchor"
            ),
            *[EvidenceRef("profile", profile_id, "context") for profile_id in node.profile_ids],
        ]  # fmt: skip
        return AlertDraft(
            kind=kind,
            key=label,
            cooldown_s=config.cooldown_s,
            subject=f"{label}:{at_ns}",
            state="open",
            score=score,
            direction=direction,
            headline=message,
            why=(message,),
            components=((kind, at.distance_pct, float(score)),),
            details={
                "lvn_price": label,
                "current_price": price_text(price.at_e4),
                "distance_pct": f"{at.distance_pct:.4f}",
                "distance_dollars": f"{at.distance_dollars:.4f}",
                "approach": at.approach or "",
                "position": at.position or "",
                "message": message,
            },
            refs=tuple(refs),
            first_ts=price.ts,
            last_ts=price.ts,
            ts=at_ns,
            ingest_ts=max(price.ingest_ts, *[each.ingest_ts for each in self._profiles()]),
            seq=price.seq,
            notional=0.0,
            shares=0,
            prints=0,
            confidence=1.0,
        )


def _side(at_e4: int, node_e4: int) -> int:
    """Return 1 for a price above a node, -1 below, 0 at it or without a price."""
    return (at_e4 > node_e4) - (at_e4 < node_e4) if at_e4 else 0


def _same_node(nodes_e4: Sequence[int], at_e4: int, row_e4: int) -> int | None:
    """Return the place of the node that lies no more than a row away, of two the nearer."""
    if not nodes_e4:
        return None
    place = nearest_place(nodes_e4, at_e4)
    if place is None or abs(nodes_e4[place] - at_e4) > row_e4:
        return None
    return place
