"""Records of the synthetic market: drafts with identity."""

from collections.abc import Callable
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any
from typing import Final

from connectors.feeds.base.identity import PositionCounter
from connectors.feeds.base.items import EQUITY_PRINTS
from connectors.feeds.base.items import EQUITY_QUOTES
from connectors.feeds.base.items import OPTIONS_NBBO
from connectors.feeds.base.items import OPTIONS_PRINTS
from connectors.feeds.base.items import REFDATA_EVENTS
from connectors.feeds.base.items import REFDATA_OPEN_INTEREST
from connectors.feeds.base.items import RawRecord
from connectors.feeds.synthetic.calendar import EPOCH
from connectors.feeds.synthetic.calendar import trade_date
from connectors.feeds.synthetic.drafts import Draft
from connectors.feeds.synthetic.drafts import EventDraft
from connectors.feeds.synthetic.drafts import InterestDraft
from connectors.feeds.synthetic.drafts import QuoteDraft
from connectors.feeds.synthetic.drafts import ReportDraft
from connectors.feeds.synthetic.drafts import StockDraft
from connectors.feeds.synthetic.drafts import TradeDraft
from connectors.feeds.synthetic.equities.names import tape_of
from connectors.feeds.synthetic.labels import LabelBook
from flows.common.sessions import trade_date_and_segment
from schemas.records import EquityPrint
from schemas.records import EquityQuote
from schemas.records import MarketEvent
from schemas.records import OpenInterest
from schemas.records import OptionsNbbo
from schemas.records import OptionsPrint

SOURCE: Final = "synthetic"
MULTIPLIER: Final = 100
STREAMS: Final = MappingProxyType(
    {
        REFDATA_EVENTS: "calendar",
        REFDATA_OPEN_INTEREST: "oi",
        EQUITY_QUOTES: "quotes",
        OPTIONS_NBBO: "nbbo",
        EQUITY_PRINTS: "reports",
        OPTIONS_PRINTS: "prints",
    }
)
_TOPICS: Final[Mapping[type[Draft], str]] = MappingProxyType(
    {
        EventDraft: REFDATA_EVENTS,
        InterestDraft: REFDATA_OPEN_INTEREST,
        StockDraft: EQUITY_QUOTES,
        QuoteDraft: OPTIONS_NBBO,
        ReportDraft: EQUITY_PRINTS,
        TradeDraft: OPTIONS_PRINTS,
    }
)

_UNSCHEDULED: Final = frozenset({"halt", "resume"})
_Identity = tuple[int, int, int, str]


def session_of(seed: int, start_ts: int) -> str:
    """Return the session of the feed's ids, `<seed>-<start_ts>`."""
    return f"{seed}-{start_ts}"


class Scribe:
    """
    Give drafts their serials and make records of them.

    The ids of reports that others refer to are kept: about one in 13,000.

    Parameters
    ----------
    session : str
        Of the ids, see `session_of`.
    labels : LabelBook
        Learns the ids of labelled prints.
    """

    def __init__(self, session: str, labels: LabelBook) -> None:
        self._labels = labels
        self._referred: dict[int, str] = {}
        self._serials = {topic: PositionCounter() for topic in STREAMS}
        self._prefixes = {
            topic: f"{SOURCE}:{session}:{stream}:" for topic, stream in STREAMS.items()
        }

    def record(self, draft: Draft, now_ns: int) -> tuple[str, RawRecord]:
        """
        Return the topic and the record of a draft; drafts come in the order of the log.

        Parameters
        ----------
        draft : Draft
            What is published next.
        now_ns : int
            Wall clock, becomes `ingest_ts` where it is later than the draft's time.
        """
        topic = _TOPICS[type(draft)]
        serial = self._serials[topic].next()
        trace_id = f"{self._prefixes[topic]}{serial}"
        at_ns = draft.at_ns
        identity = (at_ns, max(at_ns, now_ns), serial, trace_id)
        if type(draft) is TradeDraft and draft.label:
            self._labels.add(draft.label, trace_id)
        if type(draft) is ReportDraft:
            if draft.label:
                self._labels.add(draft.label, trace_id)
            if draft.key:
                self._referred[draft.key] = trace_id
            return topic, _report(draft, identity, self._referred.get(draft.ref))
        return topic, _MAKERS[type(draft)](draft, identity)


def _quote(draft: QuoteDraft, identity: _Identity) -> OptionsNbbo:
    contract = draft.contract
    return OptionsNbbo(
        *identity,
        "options.nbbo.v1",
        SOURCE,
        contract.option_contract_id,
        contract.underlying_id,
        "stream",
        draft.bid / 100,
        draft.ask / 100,
        draft.bid_size if draft.bid else 0,
        draft.ask_size,
        draft.bid_venue,
        draft.ask_venue,
    )


def _trade(draft: TradeDraft, identity: _Identity) -> OptionsPrint:
    contract = draft.contract
    conditions = (draft.code,)
    return OptionsPrint(
        *identity,
        "options.prints.v1",
        SOURCE,
        contract.option_contract_id,
        contract.underlying_id,
        contract.root,
        contract.right,
        "default",
        draft.venue,
        contract.expiry,
        MULTIPLIER,
        draft.size,
        contract.strike,
        draft.price / 100,
        contract.adjusted,
        contract.flex,
        conditions,
        conditions,
    )


def _stock(draft: StockDraft, identity: _Identity) -> EquityQuote:
    return EquityQuote(
        *identity,
        "equities.quotes.v1",
        SOURCE,
        draft.symbol,
        "nbbo",
        True,
        draft.bid / 100,
        draft.ask / 100,
        float(draft.bid_size),
        float(draft.ask_size),
        None,
        None,
        (),
    )


def _report(draft: ReportDraft, identity: _Identity, ref_trace_id: str | None) -> EquityPrint:
    return EquityPrint(
        *identity,
        "equities.prints.v1",
        SOURCE,
        draft.symbol,
        draft.price_e4 / 10_000,
        float(draft.size),
        draft.venue,
        draft.trf_id is not None,
        draft.action,
        trade_date_and_segment(draft.at_ns)[1],
        draft.conditions,
        draft.conditions,
        draft.trf_id,
        tape_of(draft.symbol),
        draft.exec_ns,
        ref_trace_id,
    )


def _interest(draft: InterestDraft, identity: _Identity) -> OpenInterest:
    contract = draft.contract
    return OpenInterest(
        *identity,
        "refdata.open-interest.v1",
        SOURCE,
        contract.option_contract_id,
        contract.underlying_id,
        draft.oi,
        draft.as_of_date,
        draft.at_ns,
    )


def _event(draft: EventDraft, identity: _Identity) -> MarketEvent:
    # Trading may stop more than once a day; earnings come out once.
    when = str(draft.event_ns)
    if draft.kind not in _UNSCHEDULED:
        when = (EPOCH + timedelta(days=trade_date(draft.event_ns))).isoformat()
    return MarketEvent(
        *identity,
        "refdata.events.v1",
        SOURCE,
        f"{draft.kind}-{draft.symbol}-{when}",
        draft.symbol,
        draft.kind,
        draft.event_ns,
        draft.at_ns,
        draft.timing,
    )


_MAKERS: Final[Mapping[type[Draft], Callable[[Any, _Identity], RawRecord]]] = MappingProxyType(
    {
        EventDraft: _event,
        InterestDraft: _interest,
        StockDraft: _stock,
        QuoteDraft: _quote,
        TradeDraft: _trade,
    }
)
