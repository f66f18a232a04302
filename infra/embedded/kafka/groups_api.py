"""JoinGroup, SyncGroup, Heartbeat, LeaveGroup and the APIs that list and describe groups."""

import asyncio
from pathlib import Path
from typing import Final

from kio.schema.errors import ErrorCode

from infra.embedded.kafka.api import Api
from infra.embedded.kafka.api import Client
from infra.embedded.kafka.codec import Reply
from infra.embedded.kafka.codec import Request
from infra.embedded.kafka.commits_api import CommitsApi
from infra.embedded.kafka.committed import CommittedOffsets
from infra.embedded.kafka.flusher import Flusher
from infra.embedded.kafka.groups import ConsumerGroup
from infra.embedded.kafka.groups import GroupState
from infra.embedded.kafka.groups import JoinOutcome
from infra.embedded.kafka.groups import JoinRequest
from infra.embedded.kafka.groups import SyncOutcome

MIN_SESSION_S: Final = 0.1
MAX_SESSION_S: Final = 1800.0
NO_OPERATIONS: Final = -(1 << 31)
CLASSIC: Final = "classic"


class GroupsApi:
    """Answers about consumer groups; holds the groups and the offsets they committed."""

    def __init__(self, data_dir: Path, flusher: Flusher) -> None:
        self._groups: dict[str, ConsumerGroup] = {}
        self._committed = CommittedOffsets(data_dir, flusher)
        self._commits = CommitsApi(self._groups, self._committed)

    def apis(self) -> tuple[Api, ...]:
        """Return the APIs served here, those of committed offsets included."""
        return (
            Api(11, 0, 9, self.join_group),
            Api(12, 0, 4, self.heartbeat),
            Api(13, 0, 5, self.leave_group),
            Api(14, 0, 5, self.sync_group),
            Api(15, 0, 5, self.describe_groups),
            Api(16, 0, 5, self.list_groups),
            Api(42, 0, 2, self.delete_groups),
            *self._commits.apis(),
        )

    def forget_topic(self, topic: str) -> None:
        """Forget what groups committed for a deleted topic."""
        self._committed.forget_topic(topic)

    def close(self) -> None:
        """Stop the timers and close the journal of commits."""
        for group in self._groups.values():
            group.close()
        self._committed.close()

    async def join_group(self, request: Request, version: int, client: Client) -> Reply:
        """Let a member in; answered when the rebalance has gathered every member."""
        session_s = request.session_timeout.total_seconds()
        rebalance = getattr(request, "rebalance_timeout", request.session_timeout)
        if not request.group_id:
            return _join_reply(JoinOutcome(ErrorCode.invalid_group_id), version)
        if not MIN_SESSION_S <= session_s <= MAX_SESSION_S:
            return _join_reply(JoinOutcome(ErrorCode.invalid_session_timeout), version)
        group = self._groups.get(request.group_id)
        if group is None:
            group = self._groups[request.group_id] = ConsumerGroup(request.group_id)
        joining = JoinRequest(
            request.member_id,
            getattr(request, "group_instance_id", None),
            client.client_id,
            client.client_host,
            session_s,
            max(rebalance.total_seconds(), 0.0),
            request.protocol_type,
            tuple((item.name, bytes(item.metadata)) for item in request.protocols),
        )
        outcome = group.join(joining, needs_known_id=version >= 4)
        if isinstance(outcome, asyncio.Future):
            outcome = await outcome
        return _join_reply(outcome, version)

    async def sync_group(self, request: Request, version: int, client: Client) -> Reply:
        """Take the leader's assignments and answer every member with its own."""
        group = self._groups.get(request.group_id)
        outcome: SyncOutcome | asyncio.Future[SyncOutcome]
        if group is None:
            outcome = SyncOutcome(ErrorCode.unknown_member_id)
        else:
            assignments = {item.member_id: bytes(item.assignment) for item in request.assignments}
            outcome = group.sync(request.member_id, request.generation_id, assignments)
        if isinstance(outcome, asyncio.Future):
            outcome = await outcome
        return {
            "error_code": outcome.error.value,
            "assignment": outcome.assignment,
            "protocol_type": outcome.protocol_type,
            "protocol_name": outcome.protocol,
        }

    def heartbeat(self, request: Request, version: int, client: Client) -> Reply:
        """Note that a member lives."""
        group = self._groups.get(request.group_id)
        if group is None:
            return {"error_code": ErrorCode.unknown_member_id.value}
        return {"error_code": group.heartbeat(request.member_id, request.generation_id).value}

    def leave_group(self, request: Request, version: int, client: Client) -> Reply:
        """Let members go."""
        if version < 3:
            return {"error_code": self._leave(request.group_id, request.member_id, None).value}
        members = [
            {
                "member_id": item.member_id,
                "group_instance_id": item.group_instance_id,
                "error_code": self._leave(
                    request.group_id, item.member_id, item.group_instance_id
                ).value,
            }
            for item in request.members
        ]
        return {"error_code": 0, "members": members}

    def list_groups(self, request: Request, version: int, client: Client) -> Reply:
        """List groups that have members or have committed."""
        states = getattr(request, "states_filter", ())
        types = getattr(request, "types_filter", ())
        listed = []
        for group_id in sorted({*self._groups, *self._committed.groups()}):
            group = self._groups.get(group_id)
            state = GroupState.EMPTY if group is None else group.state
            if states and state.value.lower() not in {name.lower() for name in states}:
                continue
            if types and CLASSIC not in {name.lower() for name in types}:
                continue
            listed.append(
                {
                    "group_id": group_id,
                    "protocol_type": (group.protocol_type if group is not None else None) or "",
                    "group_state": state.value,
                    "group_type": CLASSIC,
                }
            )
        return {"error_code": 0, "groups": listed}

    def describe_groups(self, request: Request, version: int, client: Client) -> Reply:
        """Describe groups and their members."""
        return {"groups": [self._describe(group_id) for group_id in request.groups]}

    def delete_groups(self, request: Request, version: int, client: Client) -> Reply:
        """Delete groups without members, with all they committed."""
        results = [
            {"group_id": group_id, "error_code": self._delete(group_id).value}
            for group_id in request.groups_names
        ]
        return {"results": results}

    def _leave(self, group_id: str, member_id: str, instance_id: str | None) -> ErrorCode:
        group = self._groups.get(group_id)
        if group is None:
            return ErrorCode.unknown_member_id
        return group.leave(member_id, instance_id)

    def _delete(self, group_id: str) -> ErrorCode:
        group = self._groups.get(group_id)
        if group is not None and group.members:
            return ErrorCode.non_empty_group
        if group is None and not self._committed.of_group(group_id):
            return ErrorCode.group_id_not_found
        if group is not None:
            group.close()
            del self._groups[group_id]
        self._committed.forget_group(group_id)
        return ErrorCode.none

    def _describe(self, group_id: str) -> Reply:
        group = self._groups.get(group_id)
        described: dict[str, object] = {
            "error_code": 0,
            "group_id": group_id,
            "group_state": "Dead",
            "protocol_type": "",
            "protocol_data": "",
            "members": (),
            "authorized_operations": NO_OPERATIONS,
        }
        if group is None:
            if self._committed.of_group(group_id):
                described["group_state"] = GroupState.EMPTY.value
            return described
        protocol = group.protocol or ""
        described["group_state"] = group.state.value
        described["protocol_type"] = group.protocol_type or ""
        described["protocol_data"] = protocol
        described["members"] = [
            {
                "member_id": member.member_id,
                "group_instance_id": member.request.instance_id,
                "client_id": member.request.client_id,
                "client_host": f"/{member.request.client_host}",
                "member_metadata": member.metadata(protocol),
                "member_assignment": member.assignment,
            }
            for member in group.members.values()
        ]
        return described


def _join_reply(outcome: JoinOutcome, version: int) -> Reply:
    # Before version 7 the protocol's name cannot be null.
    missing = None if version >= 7 else ""
    return {
        "error_code": outcome.error.value,
        "generation_id": outcome.generation,
        "protocol_type": outcome.protocol_type,
        "protocol_name": missing if outcome.protocol is None else outcome.protocol,
        "leader": outcome.leader,
        "member_id": outcome.member_id,
        "members": [
            {"member_id": member_id, "group_instance_id": instance_id, "metadata": metadata}
            for member_id, instance_id, metadata in outcome.members
        ],
    }
