"""The options engine: events of one partition in, derived records out."""

from collections.abc import Sequence
from typing import Any
from typing import Final

import msgspec

from flows.common.calendar import eastern_ns
from flows.errors import MisconfiguredFlow
from flows.options.archive import CancelArchive
from flows.options.baselines.book import Baselines
from flows.options.cancels import OUT_OF_WINDOW
from flows.options.cancels import CancelDesk
from flows.options.clustering import Clusterer
from flows.options.clustering import ContractFlow
from flows.options.clustering import UnderlyingFlow
from flows.options.config import OptionsConfig
from flows.options.context import EngineContext
from flows.options.derived import Derived
from flows.options.enrichment import NS_PER_DAY
from flows.options.enrichment import NS_PER_S
from flows.options.enrichment import REWIND_NS
from flows.options.enrichment import Event
from flows.options.enrichment import JoinedPrint
from flows.options.enrichment import JoinStage
from flows.options.inference import Inference
from flows.options.packets import PacketBuilder
from flows.options.packing import PacketUnpacker
from flows.options.refdata.definitions import NO_DEFINITIONS
from flows.options.refdata.definitions import ContractDefinitions
from flows.options.session_prints import NOT_COUNTED
from flows.options.session_prints import print_digest
from flows.options.state import load_flows
from flows.options.state import pack_flows
from flows.options.structures.records import StructureBuilder
from flows.options.tape import TapeBuilder
from flows.options.timers import NEVER
from flows.options.timers import RANK_SESSION_END
from flows.options.timers import TimerHeap
from schemas.records import EquityQuote
from schemas.records import MarketEvent
from schemas.records import OpenInterest
from schemas.records import OptionsNbbo
from schemas.records import OptionsPrint

STATE_VERSION: Final = 2
NO_SESSION: Final = -1
SESSION_END_MINUTE: Final = 17 * 60 + 15

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder().decode


class OptionsEngine:
    """
    Turn the events of one partition into tape rows, packets, events, hits and alerts.

    Events come ordered by (`source_ts`, topic rank, offset); late ones are flagged and processed
    on arrival. Output depends on the events alone: not on where a batch ends, nor on when
    `advance` is called. After `restore` it goes on byte for byte as if never stopped.

    Parameters
    ----------
    config : OptionsConfig
        Thresholds; their hash goes into every record.
    definitions : ContractDefinitions
        What contracts deliver, where it is not the usual.

    Notes
    -----
    Source: options flow specification, 0 to 5.
    """

    def __init__(
        self, config: OptionsConfig, definitions: ContractDefinitions = NO_DEFINITIONS
    ) -> None:
        cluster = config.cluster
        self._ttl_ns = cluster.rolling_ttl_sec * NS_PER_S
        self._stage = JoinStage(config, definitions)
        context = self._context = EngineContext(config)
        self._counts = context.counts
        self._sessions: TimerHeap[int] = TimerHeap()
        self._tape = TapeBuilder(config, context.baselines)
        builder = PacketBuilder(config)
        self._archive = CancelArchive(cluster)
        self._clusterer = Clusterer(
            config, builder, self._archive, context.baselines, context.calendar
        )
        unpacker = PacketUnpacker(config)
        self._desk = CancelDesk(
            self._archive, builder, StructureBuilder(config), unpacker, cluster.cancel_lookback_ms
        )
        self._inference = Inference(config.inference)
        self._contracts: dict[str, ContractFlow] = {}
        self._underlyings: dict[str, UnderlyingFlow] = {}
        self._clock_ns = 0
        self._config_hash = config.config_hash
        self._last_input = (0, 0)
        self._session = NO_SESSION

    def process(self, batch: Sequence[Event]) -> list[Derived]:
        """
        Process events in order.

        Parameters
        ----------
        batch : Sequence[Event]
            Records with whether each came late.

        Returns
        -------
        list[Derived]
            Records in the order they became knowable.
        """
        out: list[Derived] = []
        watched = self._inference.watched
        for step in self._stage.join(batch):
            if isinstance(step, JoinedPrint):
                ts = step.clock_ns
                if ts != self._clock_ns:
                    self._reach(ts, out)
                self._print(step, out)
                continue
            record, is_late = step
            if isinstance(record, OptionsNbbo):
                if watched and not is_late and record.option_contract_id in watched:
                    self._reach(record.source_ts, out)
                    self._context.market.option(
                        record.option_contract_id, record.source_ts, record.bid, record.ask
                    )
            elif not isinstance(record, OptionsPrint):
                self._beside(record, is_late, out)
        if self._next_deadline() < self._stage.clock_ns:
            self._fire(self._stage.clock_ns, out)
        return out

    def advance(self, watermark_ns: int) -> list[Derived]:
        """
        Fire every timer with a deadline before a watermark.

        Parameters
        ----------
        watermark_ns : int
            ns UTC; every event before it has been processed.
        """
        out: list[Derived] = []
        self._fire(watermark_ns, out)
        return out

    def finish(self) -> list[Derived]:
        """
        Fire every open timer: the end of the input, after which earlier dates may follow.

        A step back of more than a minute forgets quotes, paths and packets kept for cancels.
        """
        out = self.advance(NEVER)
        self._session = NO_SESSION
        return out

    def _next_deadline(self) -> int:
        return min(
            self._clusterer.timers.next_deadline,
            self._inference.timers.next_deadline,
            self._sessions.next_deadline,
        )

    def _reach(self, ts: int, out: list[Derived]) -> None:
        """Fire what is due before an event of a time, and set the clock to it."""
        if self._next_deadline() < ts:
            self._fire(ts, out)
        if ts != self._clock_ns:
            self._tick(ts)

    def _fire(self, before_ns: int, out: list[Derived]) -> None:
        """Fire every timer with a deadline before a time, in order of (deadline, rank, id)."""
        on_packet = self._inference.on_packet
        watches = self._inference.timers
        sessions = self._sessions
        while True:
            due = min(watches.next_deadline, sessions.next_deadline)
            for packet in self._clusterer.fire(min(due + 1, before_ns)):
                out.append(packet)
                out.extend(on_packet(packet))
            if min(watches.next_deadline, sessions.next_deadline) < due:
                continue
            if due >= before_ns:
                return
            if watches.next_deadline == due:
                self._follow_up(out)
            else:
                _, _, trade_date = sessions.take()
                baselines = self._context.baselines
                last = self._last_input
                out.extend(baselines.session_end(trade_date, due, self._config_hash, *last))

    def _follow_up(self, out: list[Derived]) -> None:
        now_ns, _, watch = self._inference.timers.take()
        _, underlying_id, contract_id = watch
        market = self._context.market.at(now_ns, underlying_id, contract_id)
        out.extend(self._inference.on_follow_up(watch, now_ns, market))
        if contract_id is not None and contract_id not in self._inference.watched:
            self._context.market.forget(contract_id)

    def _tick(self, ts: int) -> None:
        last = self._clock_ns
        self._clock_ns = ts
        if ts < last - REWIND_NS:
            self._archive.clear()
            self._context.restart()
            self._session = NO_SESSION
            for underlying in self._underlyings.values():
                underlying.restart()
            before_ns = NEVER
        elif ts // NS_PER_DAY != last // NS_PER_DAY and last:
            before_ns = ts - self._ttl_ns
        else:
            return
        contracts = self._contracts.items()
        for name in [n for n, flow in contracts if flow.seen_ns < before_ns and not flow.kept]:
            del self._contracts[name]

    def _print(self, joined: JoinedPrint, out: list[Derived]) -> None:
        record = joined.record
        facts = joined.facts
        flow = self._contracts.get(record.option_contract_id)
        if flow is None:
            flow = self._flow(joined)
        ts = record.source_ts
        flow.seen_ns = ts
        self._last_input = (max(record.ingest_ts, self._last_input[0]), record.seq)
        context = self._context
        is_watched = record.option_contract_id in self._inference.watched
        context.print_arrived(joined, flow.underlying.path, is_watched=is_watched)
        if joined.trade_date > self._session:
            self._open_session(joined.trade_date)
        known = context.open_interest.known(record.option_contract_id, joined.trade_date, ts)
        if facts.cancel:
            self._cancel(flow, joined, out)
            return
        if not facts.eligible_volume:
            volume = flow.prints.volume_of(joined.trade_date)
            member = self._tape.member(joined, volume, NOT_COUNTED, (), known)
            self._counts.row(member.row)
            out.append(member.row)
            return
        size = record.size
        digest = print_digest(record, joined.at_e4)
        serial, volume = flow.prints.add(joined.trade_date, size, digest, is_late=joined.is_late)
        member = self._tape.member(joined, volume, (serial, digest), (), known)
        row = member.row
        self._counts.row(row)
        out.append(row)
        context.count_print(row)
        flow.trailing.add(ts, size)
        flow.underlying.trailing.add(ts, size)
        self._clusterer.add(flow, member, self._clock_ns)

    def _cancel(self, flow: ContractFlow, joined: JoinedPrint, out: list[Derived]) -> None:
        reversal = self._desk.cancel(flow, joined)
        self._counts.count(reversal.outcome)
        caveats = (OUT_OF_WINDOW,) if reversal.outcome == OUT_OF_WINDOW else ()
        volume = flow.prints.volume_of(joined.trade_date)
        row = self._tape.member(joined, volume, NOT_COUNTED, caveats).row
        self._counts.row(row)
        out.append(row)
        if reversal.row is not None:
            out.append(reversal.row)
            self._context.take_back(reversal.row)
        if reversal.packet is not None:
            out.append(reversal.packet)
            out.extend(self._inference.on_packet(reversal.packet))
        for structure in reversal.structures:
            out.append(structure)
            out.extend(self._inference.on_packet(structure))

    def _flow(self, joined: JoinedPrint) -> ContractFlow:
        contract = joined.contract
        underlying = self._underlying(contract.underlying_id)
        flow = self._contracts[contract.option_contract_id] = ContractFlow(contract, underlying)
        return flow

    def _underlying(self, underlying_id: str) -> UnderlyingFlow:
        underlying = self._underlyings.get(underlying_id)
        if underlying is None:
            underlying = self._underlyings[underlying_id] = UnderlyingFlow(underlying_id)
        return underlying

    def _open_session(self, trade_date: int) -> None:
        """Set the timer of a session's end: at 17:15 Eastern nothing of it trades any more."""
        self._session = trade_date
        self._context.baselines.advance(trade_date)
        end_ns = eastern_ns(trade_date, SESSION_END_MINUTE)
        self._sessions.set(end_ns, RANK_SESSION_END, str(trade_date), trade_date)

    def _beside(
        self, record: EquityQuote | MarketEvent | OpenInterest, is_late: bool, out: list[Derived]
    ) -> None:
        """Take in what is not traded but known."""
        if is_late:
            self._counts.count("late_arrivals")
        else:
            self._reach(record.source_ts, out)
        if not isinstance(record, EquityQuote):
            self._context.refdata(record)
            return
        self._counts.count("equity_quotes")
        if not is_late:
            self._context.equity_quote(record, self._underlying(record.underlying_id).path)

    def snapshot(self) -> bytes:
        """Return the whole state as versioned plain data; equal states give equal bytes."""
        return _encode(
            {
                "version": STATE_VERSION,
                "clock_ns": self._clock_ns,
                "stage": self._stage.state(),
                "flows": pack_flows(self._contracts, self._underlyings, self._clusterer),
                "archive": self._archive.state(),
                "inference": self._inference.snapshot(),
                "context": self._context.state(),
                "session": (self._session, self._last_input),
                "sessions": [(at, day) for at, _, _, day in self._sessions.pending()],
            }
        )

    @classmethod
    def restore(
        cls,
        config: OptionsConfig,
        state: bytes,
        definitions: ContractDefinitions = NO_DEFINITIONS,
    ) -> "OptionsEngine":
        """
        Build the engine that made a snapshot.

        Parameters
        ----------
        config : OptionsConfig
            Thresholds from here on.
        state : bytes
            From `snapshot`.
        definitions : ContractDefinitions
            What contracts deliver.

        Raises
        ------
        MisconfiguredFlow
            The state is of a version this code does not read.
        """
        data: dict[str, Any] = _decode(state)
        if data.get("version") != STATE_VERSION:
            msg = (
                f"state has version {data.get('version')!r}, expected {STATE_VERSION}; "
                "start without the recovery store once (COMPUTE_CONSUMER_RESET=true)"
            )
            raise MisconfiguredFlow(msg)
        engine = cls(config, definitions)
        engine._clock_ns = data["clock_ns"]
        engine._stage.load(data["stage"])
        load_flows(
            data["flows"],
            engine._contracts,
            engine._underlyings,
            engine._clusterer,
            PacketUnpacker(config),
        )
        engine._archive.load(data["archive"])
        engine._inference.restore(data["inference"])
        engine._context.load(data["context"])
        engine._session, last_input = data["session"]
        engine._last_input = (last_input[0], last_input[1])
        for deadline, day in data["sessions"]:
            engine._sessions.set(deadline, RANK_SESSION_END, str(day), day)
        return engine

    @property
    def baselines(self) -> Baselines:
        """Return the rolling baselines, to be warmed before the first print."""
        return self._context.baselines

    @property
    def counters(self) -> dict[str, int]:
        """Counts since the start (they survive a restore), and how much is open now."""
        clusterer = self._clusterer
        return {
            **self._counts.as_dict(),
            "packets_emitted": clusterer.emitted,
            "packets_unemitted": clusterer.unemitted,
            "structures_emitted": clusterer.closer.emitted,
            "structures_unemitted": clusterer.closer.unemitted,
            "pending_timers": len(clusterer.timers),
            "archived_packets": len(self._archive),
            "archive_cut": self._archive.cut,
            **self._inference.counters,
        }
