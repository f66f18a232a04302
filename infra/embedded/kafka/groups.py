"""
The classic consumer group protocol: who is a member, which generation, who has which partitions.

Source: Apache Kafka, "Kafka Client-side Assignment" (JoinGroup, SyncGroup, Heartbeat, LeaveGroup)
and KIP-345 (static members). Members live in memory only: after a restart of the broker clients
learn that they are unknown and join again; committed offsets are kept elsewhere.
"""

import asyncio
import itertools
from collections.abc import Mapping
from collections.abc import Sequence
from enum import StrEnum
from typing import Final
from typing import NamedTuple

from kio.schema.errors import ErrorCode

NO_GENERATION: Final = -1


class GroupState(StrEnum):
    """States of a group, as ListGroups and DescribeGroups name them."""

    EMPTY = "Empty"
    PREPARING_REBALANCE = "PreparingRebalance"
    COMPLETING_REBALANCE = "CompletingRebalance"
    STABLE = "Stable"


class JoinRequest(NamedTuple):
    """What a member says when it joins; times in seconds, protocols in order of preference."""

    member_id: str
    instance_id: str | None
    client_id: str
    client_host: str
    session_timeout_s: float
    rebalance_timeout_s: float
    protocol_type: str
    protocols: tuple[tuple[str, bytes], ...]


class JoinOutcome(NamedTuple):
    """What a member is told; `members` (id, instance id, metadata) only for the leader."""

    error: ErrorCode
    generation: int = NO_GENERATION
    protocol_type: str | None = None
    protocol: str | None = None
    leader: str = ""
    member_id: str = ""
    members: Sequence[tuple[str, str | None, bytes]] = ()


class SyncOutcome(NamedTuple):
    """A member's assignment."""

    error: ErrorCode
    assignment: bytes = b""
    protocol_type: str | None = None
    protocol: str | None = None


class Member:
    """One member of a group."""

    def __init__(self, request: JoinRequest) -> None:
        self.member_id = request.member_id
        self.request = request
        self.assignment = b""
        self.joining: asyncio.Future[JoinOutcome] | None = None
        self.syncing: asyncio.Future[SyncOutcome] | None = None
        self.session: asyncio.TimerHandle | None = None

    def metadata(self, protocol: str) -> bytes:
        """Return what the member said under a protocol."""
        return dict(self.request.protocols).get(protocol, b"")

    def answer_join(self, outcome: JoinOutcome) -> None:
        """Answer a waiting join."""
        waiting, self.joining = self.joining, None
        if waiting is not None and not waiting.done():
            waiting.set_result(outcome)

    def answer_sync(self, outcome: SyncOutcome) -> None:
        """Answer a waiting sync."""
        waiting, self.syncing = self.syncing, None
        if waiting is not None and not waiting.done():
            waiting.set_result(outcome)


class ConsumerGroup:
    """
    One group and its rebalances.

    A rebalance waits until every known member has joined again or the longest rebalance timeout is
    over, then the leader assigns. A member that is not heard of for its session timeout is out;
    while it waits for an answer of ours it counts as alive.
    """

    def __init__(self, group_id: str) -> None:
        self.group_id = group_id
        self.state = GroupState.EMPTY
        self.generation = 0
        self.protocol_type: str | None = None
        self.protocol: str | None = None
        self.leader = ""
        self.members: dict[str, Member] = {}
        self._pending_ids: set[str] = set()
        self._static_ids: dict[str, str] = {}
        self._ids = itertools.count(1)
        self._rebalance: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        # A member id must not be taken for one of an earlier run of the broker.
        self._run = f"{asyncio.get_running_loop().time():.6f}".replace(".", "")

    def join(
        self, request: JoinRequest, *, needs_known_id: bool
    ) -> JoinOutcome | asyncio.Future[JoinOutcome]:
        """Let a member in; the future is done when the rebalance has gathered everyone."""
        refusal = self._join_refusal(request)
        if refusal is not None:
            return JoinOutcome(refusal, member_id=request.member_id)
        if not request.member_id:
            member_id = self._new_member_id(request)
            known = self._static_ids.get(request.instance_id) if request.instance_id else None
            if known is not None:
                self._fence(known)
            elif needs_known_id and request.instance_id is None:
                self._pending_ids.add(member_id)
                self._loop.call_later(
                    request.session_timeout_s, self._pending_ids.discard, member_id
                )
                return JoinOutcome(ErrorCode.member_id_required, member_id=member_id)
            request = request._replace(member_id=member_id)
        elif request.member_id not in self.members and request.member_id not in self._pending_ids:
            return JoinOutcome(ErrorCode.unknown_member_id, member_id=request.member_id)
        return self._take_in(request)

    def sync(
        self, member_id: str, generation: int, assignments: Mapping[str, bytes]
    ) -> SyncOutcome | asyncio.Future[SyncOutcome]:
        """Hand in the leader's assignments and get one's own."""
        error = self.check(member_id, generation)
        member = self.members.get(member_id)
        if error is not ErrorCode.none or member is None:
            return SyncOutcome(error)
        if self.state is GroupState.PREPARING_REBALANCE:
            return SyncOutcome(ErrorCode.rebalance_in_progress)
        if self.state is GroupState.STABLE:
            self._heard_of(member)
            return self._synced(member)
        member.answer_sync(SyncOutcome(ErrorCode.rebalance_in_progress))
        member.syncing = waiting = self._loop.create_future()
        self._stop_session(member)
        if member_id == self.leader:
            self._assign(assignments)
        return waiting

    def heartbeat(self, member_id: str, generation: int) -> ErrorCode:
        """Note that a member lives and say whether it has to join again."""
        error = self.check(member_id, generation)
        if error is not ErrorCode.none:
            return error
        self._heard_of(self.members[member_id])
        if self.state is GroupState.PREPARING_REBALANCE:
            return ErrorCode.rebalance_in_progress
        return ErrorCode.none

    def leave(self, member_id: str, instance_id: str | None) -> ErrorCode:
        """Let a member go."""
        if instance_id is not None and not member_id:
            member_id = self._static_ids.get(instance_id, "")
        if member_id in self._pending_ids:
            self._pending_ids.discard(member_id)
            return ErrorCode.none
        if member_id not in self.members:
            return ErrorCode.unknown_member_id
        self._remove(member_id)
        return ErrorCode.none

    def check(self, member_id: str, generation: int, instance_id: str | None = None) -> ErrorCode:
        """Say whether a member of this generation may act; who commits without a group passes."""
        if generation == NO_GENERATION and not member_id and not self.members:
            return ErrorCode.none
        if instance_id is not None and self._static_ids.get(instance_id, member_id) != member_id:
            return ErrorCode.fenced_instance_id
        if member_id not in self.members:
            return ErrorCode.unknown_member_id
        return ErrorCode.none if generation == self.generation else ErrorCode.illegal_generation

    def commit_refusal(self, member_id: str, generation: int, instance: str | None) -> ErrorCode:
        """Say whether offsets may be committed now, and count the commit as a sign of life."""
        error = self.check(member_id, generation, instance)
        member = self.members.get(member_id)
        if error is ErrorCode.none and member is not None:
            self._heard_of(member)
            if self.state is GroupState.COMPLETING_REBALANCE:
                return ErrorCode.rebalance_in_progress
        return error

    def close(self) -> None:
        """Stop every timer; waiting clients are not answered."""
        for member in self.members.values():
            self._stop_session(member)
        if self._rebalance is not None:
            self._rebalance.cancel()

    def _join_refusal(self, request: JoinRequest) -> ErrorCode | None:
        instance_id = request.instance_id
        if request.member_id and instance_id is not None:
            known = self._static_ids.get(instance_id)
            if known is not None and known != request.member_id:
                return ErrorCode.fenced_instance_id
        if not request.protocols:
            return ErrorCode.inconsistent_group_protocol
        others = [m for key, m in self.members.items() if key != request.member_id]
        if not others:
            return None
        shared = set.intersection(*({n for n, _ in m.request.protocols} for m in others))
        if request.protocol_type != self.protocol_type or shared.isdisjoint(
            name for name, _ in request.protocols
        ):
            return ErrorCode.inconsistent_group_protocol
        return None

    def _take_in(self, request: JoinRequest) -> JoinOutcome | asyncio.Future[JoinOutcome]:
        member = self.members.get(request.member_id)
        self._pending_ids.discard(request.member_id)
        is_same = member is not None and member.request.protocols == request.protocols
        if member is None:
            member = self.members[request.member_id] = Member(request)
        member.request = request
        if request.instance_id is not None:
            self._static_ids[request.instance_id] = request.member_id
        self.protocol_type = request.protocol_type
        is_leader = request.member_id == self.leader
        if is_same and (
            self.state is GroupState.COMPLETING_REBALANCE
            or (self.state is GroupState.STABLE and not is_leader)
        ):
            # It missed the answer: the generation it is in has not changed.
            self._heard_of(member)
            return self._joined(member)
        member.answer_join(JoinOutcome(ErrorCode.rebalance_in_progress))
        member.joining = waiting = self._loop.create_future()
        self._stop_session(member)
        self._prepare()
        return waiting

    def _prepare(self) -> None:
        if self.state is not GroupState.PREPARING_REBALANCE:
            self.state = GroupState.PREPARING_REBALANCE
            for member in self.members.values():
                if member.syncing is not None:
                    member.answer_sync(SyncOutcome(ErrorCode.rebalance_in_progress))
                    self._heard_of(member)
            longest = max(
                (m.request.rebalance_timeout_s for m in self.members.values()), default=0.0
            )
            self._rebalance = self._loop.call_later(longest, self._complete)
        if all(member.joining is not None for member in self.members.values()):
            # In the next turn, so that members joining in this one are in the same generation.
            self._loop.call_soon(self._complete_if_gathered)

    def _complete_if_gathered(self) -> None:
        gathered = all(member.joining is not None for member in self.members.values())
        if self.state is GroupState.PREPARING_REBALANCE and gathered:
            self._complete()

    def _complete(self) -> None:
        if self._rebalance is not None:
            self._rebalance.cancel()
            self._rebalance = None
        for member_id in [k for k, m in self.members.items() if m.joining is None]:
            self._forget(member_id)
        self.generation += 1
        if not self.members:
            self.state = GroupState.EMPTY
            self.protocol = None
            self.leader = ""
            return
        self.state = GroupState.COMPLETING_REBALANCE
        self.protocol = self._choose_protocol()
        if self.leader not in self.members:
            self.leader = next(iter(self.members))
        for member in self.members.values():
            member.assignment = b""
            member.answer_join(self._joined(member))
            self._heard_of(member)

    def _choose_protocol(self) -> str:
        first, *others = self.members.values()
        shared = set.intersection(*({n for n, _ in m.request.protocols} for m in (first, *others)))
        votes: dict[str, int] = {}
        for member in (first, *others):
            choice = next(name for name, _ in member.request.protocols if name in shared)
            votes[choice] = votes.get(choice, 0) + 1
        return max(votes, key=lambda name: votes[name])

    def _joined(self, member: Member) -> JoinOutcome:
        protocol = self.protocol or ""
        listed: list[tuple[str, str | None, bytes]] = []
        if member.member_id == self.leader:
            listed = [
                (m.member_id, m.request.instance_id, m.metadata(protocol))
                for m in self.members.values()
            ]
        return JoinOutcome(
            ErrorCode.none,
            self.generation,
            self.protocol_type,
            protocol,
            self.leader,
            member.member_id,
            listed,
        )

    def _assign(self, assignments: Mapping[str, bytes]) -> None:
        self.state = GroupState.STABLE
        for member in self.members.values():
            member.assignment = assignments.get(member.member_id, b"")
        for member in self.members.values():
            if member.syncing is not None:
                member.answer_sync(self._synced(member))
                self._heard_of(member)

    def _synced(self, member: Member) -> SyncOutcome:
        return SyncOutcome(ErrorCode.none, member.assignment, self.protocol_type, self.protocol)

    def _remove(self, member_id: str) -> None:
        self._forget(member_id)
        if self.state in {GroupState.STABLE, GroupState.COMPLETING_REBALANCE}:
            self._prepare()
        elif self.state is GroupState.PREPARING_REBALANCE:
            self._loop.call_soon(self._complete_if_gathered)

    def _forget(self, member_id: str) -> None:
        member = self.members.pop(member_id)
        self._stop_session(member)
        instance_id = member.request.instance_id
        if instance_id is not None and self._static_ids.get(instance_id) == member_id:
            del self._static_ids[instance_id]
        member.answer_join(JoinOutcome(ErrorCode.unknown_member_id, member_id=member_id))
        member.answer_sync(SyncOutcome(ErrorCode.unknown_member_id))

    def _fence(self, member_id: str) -> None:
        member = self.members[member_id]
        member.answer_join(JoinOutcome(ErrorCode.fenced_instance_id, member_id=member_id))
        member.answer_sync(SyncOutcome(ErrorCode.fenced_instance_id))
        self._forget(member_id)

    def _new_member_id(self, request: JoinRequest) -> str:
        name = request.instance_id or request.client_id or "member"
        return f"{name}-{self._run}-{next(self._ids)}"

    def _heard_of(self, member: Member) -> None:
        self._stop_session(member)
        if member.joining is None and member.syncing is None:
            member.session = self._loop.call_later(
                member.request.session_timeout_s, self._expire, member.member_id
            )

    def _stop_session(self, member: Member) -> None:
        if member.session is not None:
            member.session.cancel()
            member.session = None

    def _expire(self, member_id: str) -> None:
        if member_id in self.members:
            self._remove(member_id)
