"""Say whether a run derived what live, or another run, did."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from connectors.kafka.bounded import READ_GROUP
from connectors.kafka.namespace import in_namespace
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.serde import AvroWire
from flows.common.calendar import NS_PER_MS
from flows.equities.candles.config import CandleConfig
from infra.embedded.stack import StackAddresses
from infra.pipeline.catalog import PREMIUM
from infra.pipeline.lag import LagMonitor
from infra.replay.comparison.compare import Difference
from infra.replay.comparison.compare import compare
from infra.replay.comparison.compare import distinct
from infra.replay.comparison.compare import newest
from infra.replay.comparison.horizon import earlier
from infra.replay.comparison.horizon import horizon_table
from infra.replay.comparison.horizon import unbounded
from infra.replay.comparison.notes import notes_of_left_out
from infra.replay.comparison.notes import notes_of_log
from infra.replay.comparison.notes import notes_of_reach
from infra.replay.comparison.notes import notes_of_side
from infra.replay.comparison.reach import READS
from infra.replay.comparison.reach import FlowReach
from infra.replay.comparison.reach import flow_reach
from infra.replay.comparison.read import NET_PREMIUM
from infra.replay.comparison.read import Reading
from infra.replay.comparison.read import lateness
from infra.replay.comparison.read import left_out_of
from infra.replay.comparison.read import read_topic
from infra.replay.comparison.read import records_at
from infra.replay.comparison.result import DiffResult
from infra.replay.comparison.result import RecordDifference
from infra.replay.comparison.result import Thresholds
from infra.replay.comparison.result import TopicDiff
from infra.replay.comparison.result import about
from infra.replay.comparison.result import field_differences
from infra.replay.comparison.sides import CannotCompare
from infra.replay.comparison.sides import check_topics
from infra.replay.comparison.sides import common_part
from infra.replay.comparison.sides import find_side
from infra.replay.comparison.sides import flows_of
from infra.replay.names import LIVE
from infra.replay.request import FLOWS
from redpanda.catalog import topics_of

MAX_LIMIT: Final = 1000
CANDLES: Final = "equities.candles"

# Told the topic, and how many of the sides' records were read and there are.
Observer = Callable[[str, int, int], None]


class DiffRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    What to compare.

    Parameters
    ----------
    run, other : str
        First and second side: a run, and `live` or a run.
    addresses : StackAddresses
        Log and registry.
    data_dir : Path
        Data folder, in which the manifests of runs lie.
    topics : tuple of str
        Derived topics; empty for all.
    limit : int
        Most records shown of a topic, 0 to 1,000.
    all_fields : bool
        Show the equal fields of what is shown too.
    candle_lateness_ms : int
        How long after its end a bar closes, ms of event time; the greater one of both sides.

    Raises
    ------
    CannotCompare
        A topic is not derived, the sides are one, or the limit is out of range.
    """

    run: str
    addresses: StackAddresses
    data_dir: Path
    other: str = LIVE
    topics: tuple[str, ...] = ()
    limit: int = 1
    all_fields: bool = False
    candle_lateness_ms: int = CandleConfig().lateness_ms

    def __post_init__(self) -> None:
        known = topics_of("derived")
        unknown = [name for name in self.topics if name not in known]
        if unknown:
            msg = f"no derived topic {', '.join(unknown)}; there are {', '.join(known)}"
            raise CannotCompare(msg)
        if self.run == self.other:
            msg = f"{self.run} is compared with itself; name a run, and {LIVE} or another run"
            raise CannotCompare(msg)
        if not 0 <= self.limit <= MAX_LIMIT:
            msg = f"--limit is {self.limit}, expected 0 to {MAX_LIMIT}"
            raise CannotCompare(msg)


def compare_runs(request: DiffRequest, observe: Observer | None = None) -> DiffResult:
    """
    Compare what two sides derived, topic by topic.

    **What is a record.** One `trace_id` and revision. What is in a topic twice with equal content
    counts once (delivery is at least once); with different content it is a contradiction. Every
    field is compared but `ingest_ts` (wall time) and `config_hash`, in which the sides are compared
    once for all their records. Alerts that carry a settlement are left out: `islandflow settle`
    writes them, no flow does.

    **A part.** A run may cover a stretch of time, some underlyings, some flows; of the other side
    only that counts. Sums over all underlyings (`_market`, `_basket`) are left out when only some
    are compared.

    **The end.** A replay closes at its end what a live flow still holds open. So a partition has a
    horizon: the earlier one of the latest raw records (`source_ts`) that the two sides' flows have
    read of it. Records of that time or later which differ are counted as beyond the end of the
    recording. A closed bar is stamped with its end and comes out `candle_lateness_ms` after it, so
    for bars the horizon is that much earlier. Where the log holds no raw records there is none, and
    everything counts.

    **Net premium.** How often a bucket comes out depends on when the tape was read: live, ticks of
    the wall clock end cells, and partitions more than five seconds of event time behind are not
    waited for. Of `options.net-premium` the last state of each bucket is compared: of its highest
    revision the record written last, which is what tables show. In it `revision`, `source_ts` (the
    cell it came out in) and `seq` (of the row counted last; over partitions that is a matter of
    order) may differ and are left out, as is `ingest_ts`. Counts, amounts, sums over the session
    and `forming` may not: sums are of integers, exact in any order, a row late or not counts into
    its own minute, and a bucket whose minute is over has come out closed. The horizon is that of
    the tape: a bucket is compared when its minute was over, and its last state out, before it; for
    sums over all underlyings, when every partition had told of its last row by then, and five
    seconds have passed in the foremost.

    Memory: 60 bytes a record of the largest topic, and as much again while it is compared.

    Parameters
    ----------
    request : DiffRequest
        What to compare.
    observe : Callable[[str, int, int], None] | None
        Told the progress, a topic of a side at a time.

    Raises
    ------
    CannotCompare
        There is no such run, it lacks topics, or neither side holds anything.
    UndecodableRecord
        A message of a derived topic is none of its records.
    ConnectorError
        Broker or registry do not answer.
    """
    return _Diff(request, observe).run()


class _Diff:
    """One comparison."""

    def __init__(self, request: DiffRequest, observe: Observer | None) -> None:
        kafka = request.addresses.kafka
        self._request = request
        self._observe = observe
        here, there = (
            find_side(name, kafka, request.data_dir) for name in (request.run, request.other)
        )
        self._sides = (here, there)
        self._part = common_part(here, there)
        asked = request.topics or topics_of("derived")
        self._asked = tuple([name for name in topics_of("derived") if name in asked])
        self._topics = [name for name in self._asked if set(flows_of(name)) & set(self._part.flows)]
        for side in self._sides:
            check_topics(side, self._topics, kafka)
        self._reaches: dict[str, tuple[FlowReach, FlowReach]] = {}
        self._late: list[str] = []
        self._thresholds: dict[str, tuple[dict[str, int], dict[str, int]]] = {}
        self._settled = self._tide = 0
        self._unbounded: set[str] = set()
        self._sizes: dict[str, int] = {}
        self._done = self._total = 0

    def run(self) -> DiffResult:
        here, there = self._sides
        self._sizes = self._count()
        self._total = sum(self._sizes.values())
        if not self._total and not self._request.topics:
            msg = f"neither {here.name} nor {there.name} holds derived records; nothing to compare"
            raise CannotCompare(msg)
        self._find_reaches()
        with closing(SchemaRegistry(self._request.addresses.registry)) as registry:
            wire = AvroWire(registry, self._topics)
            topics = [self._compared(name, wire) for name in self._asked]
        return DiffResult(
            run=here.name,
            other=there.name,
            namespace=here.namespace,
            other_namespace=there.namespace,
            part=self._part,
            thresholds=tuple(self._changed_thresholds()),
            notes=tuple(self._notes()),
            topics=tuple(topics),
        )

    def _find_reaches(self) -> None:
        wanted = {name for topic in self._topics for name in flows_of(topic)}
        names: list[str] = [name for name in FLOWS if name in wanted & set(self._part.flows)]
        if NET_PREMIUM in self._topics:
            names.append(PREMIUM.name)
        here, there = self._sides
        kafka = self._request.addresses.kafka
        for name in names:
            which = READS[name]
            self._reaches[name] = flow_reach(kafka, here, which), flow_reach(kafka, there, which)

    def _count(self) -> dict[str, int]:
        """Return the records of each topic of both sides, as the log names them."""
        names = [
            in_namespace(side.namespace, name) for side in self._sides for name in self._topics
        ]
        with closing(LagMonitor(self._request.addresses.kafka, READ_GROUP, names)) as monitor:
            return monitor.ends()

    def _compared(self, topic: str, wire: AvroWire) -> TopicDiff:
        if topic not in self._topics:
            return TopicDiff(topic=topic, result="left out")
        readings, folded = [], []
        for side in self._sides:
            if self._observe is not None:
                self._observe(topic, self._done, self._total)
            size = self._sizes[in_namespace(side.namespace, topic)]
            kafka = self._request.addresses.kafka
            reading = read_topic(kafka, wire, side, topic, self._part) if size else Reading()
            fold = newest if topic == NET_PREMIUM else distinct
            readings.append(reading)
            # Rows are copied: the whole of a topic is never held twice.
            folded.append(fold(reading.take_rows()))
            self._done += size
        (first, second), (here, there) = readings, folded
        self._gather(topic, (first, second))
        partitions = max(int(side.rows["partition"].max(initial=0)) for side in (here, there)) + 1
        reached = first.reached_ns, second.reached_ns
        horizons = horizon_table(self._reaches, reached, partitions)
        self._unbounded |= unbounded(horizons, here) | unbounded(horizons, there)
        if topic == CANDLES:
            horizons = earlier(horizons, self._request.candle_lateness_ms * NS_PER_MS)
        found = compare(here, there, horizons, self._request.limit)
        is_bucket = topic == NET_PREMIUM
        differs = found.changed + found.missing + found.extra + found.contradicting
        is_none = not len(here.rows) and not len(there.rows)
        return TopicDiff(
            topic=topic,
            result="none" if is_none else "different" if differs else "identical",
            here=len(here.rows),
            there=len(there.rows),
            identical=found.identical,
            changed=found.changed,
            missing=found.missing,
            extra=found.extra,
            contradicting=found.contradicting,
            beyond=found.beyond,
            repeats_here=here.repeats,
            repeats_there=there.repeats,
            revisions_here=here.revisions if is_bucket else None,
            revisions_there=there.revisions if is_bucket else None,
            records=tuple(self._shown(topic, wire, found.first)),
        )

    def _gather(self, topic: str, pair: tuple[Reading, Reading]) -> None:
        self._late += lateness({topic: pair})
        for at, reading in enumerate(pair):
            for name, count in reading.thresholds.items():
                flow, _, config_hash = name.partition(" ")
                counts = self._thresholds.setdefault(flow, ({}, {}))[at]
                counts[config_hash] = counts.get(config_hash, 0) + count
        self._settled += sum(reading.settled for reading in pair)
        self._tide += sum(reading.tide for reading in pair)

    def _shown(
        self, topic: str, wire: AvroWire, found: tuple[Difference, ...]
    ) -> list[RecordDifference]:
        places = [place for each in found for place in each.places]
        kafka = self._request.addresses.kafka
        records = records_at(kafka, wire, topic, self._sides, places) if places else {}
        shown = []
        for each in found:
            here, there = (*(records.get(place) for place in each.places), None)[:2]
            record = here if here is not None else there
            if record is None:
                continue
            is_missing = each.kind == "missing"
            pair = (None, here) if is_missing else (here, there)
            fields = field_differences(*pair, left_out_of(topic), every=self._request.all_fields)
            side = self._sides[0 if each.places[0].is_here else 1].name
            shown.append(
                RecordDifference(
                    kind=each.kind,
                    trace_id=record.trace_id,
                    revision=getattr(record, "revision", 0),
                    underlying_id=record.underlying_id,
                    about=about(record),
                    source_ts=record.source_ts,
                    side="" if each.kind == "changed" else side,
                    fields=fields,
                )
            )
        return shown

    def _changed_thresholds(self) -> list[Thresholds]:
        return [
            Thresholds(flow, tuple(sorted(here)), tuple(sorted(there)))
            for flow, (here, there) in self._thresholds.items()
            if here and there and here.keys() != there.keys()
        ]

    def _notes(self) -> list[str]:
        return [
            *(note for side in self._sides for note in notes_of_side(side)),
            *notes_of_reach(self._sides, self._reaches),
            *notes_of_log(self._unbounded),
            *notes_of_left_out(self._settled, self._tide),
            *self._late,
        ]
