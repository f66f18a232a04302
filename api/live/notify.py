"""Alert rules at work: watchers on the hub, notifications, webhooks; gateway specification, 5."""

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from typing import Final
from typing import Protocol

import msgspec
import structlog
from redis.asyncio import Redis

from api.items import Item
from api.live.filters import Filters
from api.live.filters import parse_filters
from api.metrics import WEBHOOKS
from api.operator.bodies import AlertRuleBody
from api.operator.bodies import WebhookAction
from api.operator.bodies import rule_of
from api.operator.deliveries import Delivery
from api.operator.deliveries import DeliveryLog
from api.operator.documents import Document
from api.operator.documents import Documents
from api.operator.rules import MAX_AGE_MS
from api.operator.rules import RuleMemory
from api.operator.rules import RulePolicy
from api.operator.rules import Verdict
from api.operator.rules import dedupe_key
from api.problems import Problem
from api.streams import Stream
from api.streams import stream_of
from api.tasks import cancel
from api.webhooks import ATTEMPTS
from api.webhooks import Outcome
from api.webhooks import WebhookSender
from api.webhooks import target_of
from infra.gateway_settings import GatewaySettings

log = structlog.get_logger(__name__)

CHANNEL: Final = "notifications"
KIND: Final = "alert-rules"
MAX_WAITING: Final = 1000
SENDERS: Final = 4


class Watching(Protocol):
    """What rules need of the hub."""

    def watch(
        self,
        stream: Stream,
        predicate: Callable[[Any], bool],
        callback: Callable[[list[Item]], None],
    ) -> Callable[[], None]:
        """Call back, in the hub's thread, with new items that match; return what ends it."""
        ...

    def publish(self, channel: str, payload: bytes) -> None:
        """Send a JSON object to everyone on a channel; from any thread."""
        ...


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """
    A record that a rule tells of.

    Parameters
    ----------
    rule : Document
        The rule, as it was then.
    body : AlertRuleBody
        Its content.
    item : Item | None
        The record; null for a sample where there is none.
    matched_ts : int
        Wall time, ns UTC.
    is_test : bool
        A sample the operator asked for.
    """

    rule: Document
    body: AlertRuleBody
    item: Item | None
    matched_ts: int
    is_test: bool = False

    @property
    def event_id(self) -> str:
        """Return what identifies it for claims."""
        # Each sample is one of its own: a receiver would take a second one for a double.
        return f"test-{self.matched_ts}" if self.item is None or self.is_test else self.item.id

    def payload(self) -> bytes:
        """Return the JSON that sockets and webhooks get."""
        item = self.item
        actions = [
            each.model_dump() for each in self.body.actions if not isinstance(each, WebhookAction)
        ]
        return msgspec.json.encode(
            {
                "type": "match",
                "test": self.is_test,
                "rule_id": self.rule.id,
                "rule": self.rule.name,
                "stream": self.body.stream,
                "event_id": self.event_id,
                "underlying_id": None if item is None else item.record.underlying_id,
                "source_ts": None if item is None else str(item.record.source_ts),
                "matched_ts": str(self.matched_ts),
                "actions": actions,
                "item": None if item is None else msgspec.Raw(item.json),
            }
        )


class _Rule:
    """A rule on the hub; `take` runs in the hub's thread, the rest in the event loop."""

    def __init__(
        self,
        document: Document,
        memory: RuleMemory,
        tell: Callable[[list[Match]], None],
        now_ns: Callable[[], int],
    ) -> None:
        self.document = document
        self.memory = memory
        self.body = rule_of(document.body)
        self.filters: Filters = parse_filters(stream_of(self.body.stream), self.body.filters)
        self.counts: dict[Verdict, int] = {}
        self._tell = tell
        self._now_ns = now_ns
        self._key = dedupe_key(self.filters.stream, self.body.dedupe_by)
        self._policy = policy_of(self.body)
        # A changed rule keeps its memory, and the old one may be at work for another moment.
        self._lock = threading.Lock()
        self._is_over = False

    def take(self, items: list[Item]) -> None:
        """Judge records that match, and tell of those that fire."""
        now_ns = self._now_ns()
        found: list[Match] = []
        with self._lock:
            for item in [] if self._is_over else items:
                verdict = self._judge(item, now_ns)
                self.counts[verdict] = self.counts.get(verdict, 0) + 1
                if verdict == "fires":
                    found.append(
                        Match(rule=self.document, body=self.body, item=item, matched_ts=now_ns)
                    )
        if found:
            self._tell(found)

    def end(self) -> None:
        """Judge nothing more."""
        with self._lock:
            self._is_over = True

    def _judge(self, item: Item, now_ns: int) -> Verdict:
        if item.append_ms and now_ns / 1e6 - item.append_ms > MAX_AGE_MS:
            return "old"
        record = item.record
        return self.memory.judge(self._policy, self._key(record), item.id, record.source_ts, now_ns)


def policy_of(body: AlertRuleBody) -> RulePolicy:
    """Return how often, and when, a rule speaks."""
    quiet = body.quiet_hours
    return RulePolicy(
        cooldown_s=body.cooldown_s,
        quiet_from="" if quiet is None else quiet.start,
        quiet_to="" if quiet is None else quiet.end,
        snooze_until_ns=int(body.snooze_until or 0),
        max_per_hour=body.max_per_hour or 0,
    )


class AlertRules:
    """
    Tell of records that the operator's rules ask for.

    Delivery: a record is told once a rule on the channel `notifications` of each gateway; its
    webhooks are sent by the one gateway that claims it in Redis, and not again after a crash.
    What replays derive is never told. Matches that come faster than webhooks leave are told on the
    channel all the same, and counted. A gateway that starts has forgotten what it told: one record
    more than the cooldown allows may be told, never one that was claimed.

    Parameters
    ----------
    hub : Watching
        Brings new records.
    documents : Documents
        The rules; changes take effect when they are read.
    redis : redis.asyncio.Redis
        Claims and outcomes.
    settings : GatewaySettings
        Private hosts that webhooks may go to.
    sender : WebhookSender | None
        Sends webhooks; one of its own by default.
    now_ns : callable
        Wall time, ns UTC.
    """

    def __init__(
        self,
        hub: Watching,
        documents: Documents,
        redis: Redis,
        settings: GatewaySettings,
        sender: WebhookSender | None = None,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._hub = hub
        self._documents = documents
        self._settings = settings
        self._sender = sender
        self._now_ns = now_ns
        self._rules: dict[str, tuple[_Rule, Callable[[], None]]] = {}
        self._waiting: asyncio.Queue[Match] = asyncio.Queue(MAX_WAITING)
        self._tasks: list[asyncio.Task[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self.deliveries = DeliveryLog(redis)
        documents.on_change(self._reload)

    async def start(self) -> None:
        """Watch for what the rules ask."""
        self._loop = asyncio.get_running_loop()
        if self._sender is None:
            hosts = [each.strip() for each in self._settings.webhook_allow_hosts.split(",")]
            # Reading the system's certificates takes longer than the loop may stand still.
            self._sender = await asyncio.to_thread(WebhookSender, [each for each in hosts if each])
        self._tasks = [asyncio.create_task(self._deliver()) for _ in range(SENDERS)]
        self._reload()

    async def stop(self) -> None:
        """Watch no longer; what is being sent is given up."""
        self._loop = None
        for name in list(self._rules):
            self._forget(name)
        await cancel(*self._tasks)
        self._tasks = []
        if self._sender is not None:
            await self._sender.close()

    def counts(self, rule_id: str) -> dict[Verdict, int]:
        """Return how many records a rule's filters let through since it was saved, by verdict."""
        found = self._rules.get(rule_id)
        return {} if found is None else dict(found[0].counts)

    async def test(self, document: Document, item: Item | None) -> tuple[bytes, list[Delivery]]:
        """
        Send a marked sample of a rule at once; return what was sent and what came of it.

        Parameters
        ----------
        document : Document
            The rule, at work or not.
        item : Item | None
            A record that matches; null for none.
        """
        body = rule_of(document.body)
        match = Match(rule=document, body=body, item=item, matched_ts=self._now_ns(), is_test=True)
        self._hub.publish(CHANNEL, match.payload())
        found = [await self._note(match, "notification", Outcome(outcome="published", attempts=0))]
        found += [await self._send(match, action, attempts=1) for action in _webhooks(body)]
        return match.payload(), found

    def _reload(self) -> None:
        if self._loop is None:
            return
        wanted = {each.id: each for each in self._documents.cached(KIND) if each.body["enabled"]}
        for name, (rule, _) in list(self._rules.items()):
            if name not in wanted:
                self._forget(name)
            elif rule.document.version != wanted[name].version:
                self._watch(wanted[name], rule.memory)
        for name, document in wanted.items():
            if name not in self._rules:
                self._watch(document, RuleMemory())

    def _watch(self, document: Document, memory: RuleMemory) -> None:
        self._forget(document.id)
        try:
            rule = _Rule(document, memory, self._tell, self._now_ns)
        except Problem as problem:
            # Saved by a version that knew other filters; the others go on.
            log.warning("alert_rule_unusable", rule=document.id, why=problem.detail)
            return
        unwatch = self._hub.watch(rule.filters.stream, rule.filters.predicate, rule.take)
        self._rules[document.id] = (rule, unwatch)

    def _forget(self, name: str) -> None:
        found = self._rules.pop(name, None)
        if found is not None:
            found[1]()
            found[0].end()

    def _tell(self, matches: list[Match]) -> None:
        for match in matches:
            self._hub.publish(CHANNEL, match.payload())
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # the loop has been closed meanwhile
                loop.call_soon_threadsafe(self._enqueue, matches)

    def _enqueue(self, matches: list[Match]) -> None:
        for match in matches:
            if self._waiting.full():
                WEBHOOKS.labels("overflow").inc()
                log.warning("alert_matches_overflow", rule=match.rule.id)
                continue
            self._waiting.put_nowait(match)

    async def _deliver(self) -> None:
        while True:
            match = await self._waiting.get()
            await self._note(match, "notification", Outcome(outcome="published", attempts=0))
            actions = _webhooks(match.body)
            if not actions:
                continue
            if await self.deliveries.claim(match.rule.id, match.event_id):
                for action in actions:
                    await self._send(match, action)
            else:
                WEBHOOKS.labels("claimed").inc()
                await self._note(match, "webhook", Outcome(outcome="claimed", attempts=0))

    async def _send(
        self, match: Match, action: WebhookAction, attempts: int = ATTEMPTS
    ) -> Delivery:
        target = target_of(action.url)
        key = f"{match.rule.id}:{match.event_id}"
        if self._sender is None:
            outcome = Outcome(outcome="failed", attempts=0, error="the gateway is starting")
        else:
            secret = action.secret or ""
            outcome = await self._sender.send(target, secret, key, match.payload(), attempts)
        WEBHOOKS.labels(outcome.outcome).inc()
        return await self._note(match, "webhook", outcome, target.host)

    async def _note(self, match: Match, action: str, outcome: Outcome, host: str = "") -> Delivery:
        found = Delivery(
            event_id=match.event_id,
            ts=self._now_ns(),
            action=action,
            outcome=outcome.outcome,
            attempts=outcome.attempts,
            host=host,
            status=outcome.status,
            error=outcome.error,
        )
        await self.deliveries.add(match.rule.id, found)
        return found


def _webhooks(body: AlertRuleBody) -> list[WebhookAction]:
    return [each for each in body.actions if isinstance(each, WebhookAction)]
