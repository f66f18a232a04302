"""A small chain of records, from an alert down to the quotes of its prints, made by hand."""

from typing import Any
from typing import TypeVar

import msgspec

from schemas.records import BaselineSnapshot
from schemas.records import ClassifierHit
from schemas.records import EquityJoin
from schemas.records import EquityPrint
from schemas.records import EquityQuote
from schemas.records import EvidenceRef
from schemas.records import FlowAlert
from schemas.records import FlowPacket
from schemas.records import MarketEvent
from schemas.records import OpenInterest
from schemas.records import OptionsNbbo
from schemas.records import OptionsTape
from schemas.records import SmartMoneyEvent
from tests.services.every_field import filled

S = 10**9
START = 1_763_650_800 * S  # Thursday 2025-11-20, 10:00 in New York
OF = "XYZ"
CONTRACT = "XYZ-2025-12-19-100-C"
DAY = 20_412  # 2025-11-20

R = TypeVar("R", bound=msgspec.Struct)


def made(kind: type[R], ts: int, trace_id: str, /, **changes: Any) -> R:  # noqa: ANN401 - fields
    """Return a record with every field filled, some of them as given."""
    record = filled(kind, 1)
    assert isinstance(record, kind)
    fields: dict[str, Any] = {"source_ts": ts, "trace_id": trace_id, **changes}
    if "underlying_id" in kind.__struct_fields__:
        fields.setdefault("underlying_id", OF)
    return msgspec.structs.replace(record, **fields)


def refs(kind: str, *names: str) -> tuple[EvidenceRef, ...]:
    return tuple([EvidenceRef(kind, name, "member") for name in names])


class Options:
    """
    An alert on one packet, all it rests on, and what else there is.

    Parameters
    ----------
    prints : int
        Members of the packet.
    name : str
        Tells the ids of this chain from those of others.
    """

    def __init__(self, prints: int = 3, name: str = "a") -> None:
        self.print_ids = [f"test:{name}:prints:{n}" for n in range(prints)]
        self.quote_ids = [f"test:{name}:nbbo:{n}" for n in range(prints)]
        self.packet_id = f"pk:{CONTRACT}:{self.print_ids[0]}"
        self.money_id = f"sm:{self.packet_id}"
        self.hit_id = f"hit:block:{self.packet_id}"
        self.alert_id = f"al:{self.money_id}"
        self.interest_id = f"{CONTRACT}@2025-11-19"
        self.event_id = f"earnings-{name}"
        self.baseline_id = f"bs:{OF}:{name}"
        self.end = START + prints * S

    def records(self) -> dict[str, msgspec.Struct]:
        """Return all records, by id."""
        made_ones = [*self.raw(), *self.derived()]
        names = [*self._raw_names(), self.packet_id, self.money_id, self.hit_id, self.alert_id]
        return dict(zip(names, made_ones, strict=True))

    def _raw_names(self) -> list[str]:
        return [
            *(self.quote_ids + self.print_ids),
            *(self.interest_id, self.event_id, self.baseline_id),
        ]

    def raw(self) -> list[msgspec.Struct]:
        quotes = [
            made(OptionsNbbo, START + n * S - 5, each, option_contract_id=CONTRACT)
            for n, each in enumerate(self.quote_ids)
        ]
        prints = [
            made(
                OptionsTape, START + n * S, each,
                option_contract_id=CONTRACT, nbbo_trace_id=self.quote_ids[n], revision=0,
                trade_date=DAY,
            )
            for n, each in enumerate(self.print_ids)
        ]  # fmt: skip
        interest = made(
            OpenInterest, START - 3600 * S, f"test:oi:{self.interest_id}",
            option_contract_id=CONTRACT, as_of_date=DAY - 1,
        )  # fmt: skip
        event = made(MarketEvent, START - 7200 * S, f"test:{self.event_id}", event_id=self.event_id)
        baseline = made(
            BaselineSnapshot, START - 60_000 * S, f"test:{self.baseline_id}",
            snapshot_id=self.baseline_id, level="underlying",
        )  # fmt: skip
        return [*quotes, *prints, interest, event, baseline]

    def derived(self) -> list[msgspec.Struct]:
        members = refs("option_print", *self.print_ids)
        context = (
            *refs("oi_snapshot", self.interest_id),
            *refs("event_calendar", self.event_id),
            *refs("baseline_snapshot", self.baseline_id),
        )
        packet = made(
            FlowPacket, self.end, self.packet_id,
            id=self.packet_id, revision=0, packet_kind="contract", option_contract_id=CONTRACT,
            members=tuple(self.print_ids), start_ts=START, end_ts=self.end, legs=(), structure=None,
            evidence_refs=(*members, *context),
        )  # fmt: skip
        money = made(
            SmartMoneyEvent, self.end + 1, self.money_id,
            event_id=self.money_id, revision=0, packet_ids=(self.packet_id,), start_ts=START,
            end_ts=self.end, evidence_refs=(*refs("flow_packet", self.packet_id), *members),
        )  # fmt: skip
        hit = made(
            ClassifierHit, self.end + 2, self.hit_id,
            hit_id=self.hit_id, revision=0, smart_money_event_id=self.money_id, start_ts=START,
            packet_id=self.packet_id,
            evidence_refs=(
                *refs("smart_money", self.money_id), *refs("flow_packet", self.packet_id), *members,
            ),
        )  # fmt: skip
        alert = made(
            FlowAlert, self.end + 3, self.alert_id,
            alert_id=self.alert_id, revision=0, state="open", direction="bullish", kind="options",
            first_ts=START, last_ts=self.end, settlement=None,
            evidence_refs=(
                *refs("classifier_hit", self.hit_id), *refs("smart_money", self.money_id),
                *refs("flow_packet", self.packet_id), *members,
            ),
        )  # fmt: skip
        return [packet, money, hit, alert]


def equities(prints: int = 3) -> list[msgspec.Struct]:
    """Return joins with their prints and quotes."""
    names = [f"test:e:reports:{n}" for n in range(prints)]
    quotes = [
        made(EquityQuote, START + n * S - 7, f"test:e:quotes:{n}", underlying_id=OF)
        for n in range(prints)
    ]
    reports = [
        made(EquityPrint, START + n * S, each, ref_trace_id=None, off_exchange_flag=True)
        for n, each in enumerate(names)
    ]
    joins = [
        made(
            EquityJoin, START + n * S, f"join:{each}",
            print_trace_id=each, quote_trace_id=f"test:e:quotes:{n}", join_ts=START + n * S,
            quote_ts=START + n * S - 7, revision=0,
        )
        for n, each in enumerate(names)
    ]  # fmt: skip
    return [*quotes, *reports, *joins]
