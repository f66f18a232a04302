"""A call sweep by hand: the underlying's path, the option's quotes, five prints on four venues."""

from connectors.feeds.base.items import RawRecord
from connectors.feeds.synthetic.labels import Expectation
from connectors.feeds.synthetic.labels import Label
from connectors.feeds.synthetic.scenarios import ScenarioRun
from schemas.records import EquityQuote
from schemas.records import OptionsNbbo
from schemas.records import OptionsPrint
from tests.connectors.kafka.market import a_print

START_NS = 1_747_922_400_000_000_000  # 2025-05-22 10:00 New York
NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000
EXPIRY = 20_244  # 2025-06-05, 14 days on
SPOT = 131.0
BID, ASK = 3.0, 3.1
VENUES = "CNXAC"
SIZE = 400

SWEEP = Expectation(
    profile_id="institutional_directional",
    direction="bullish",
    probability_range=(0.6, 0.92),
    must_fire=("large_bullish_call_sweep", "unusual_contract_spike"),
)


def quote(second: int, root: str = "NVDA") -> EquityQuote:
    ts = START_NS + second * NS_PER_S
    return EquityQuote(
        source_ts=ts,
        ingest_ts=ts,
        seq=second,
        trace_id=f"test:{root}:quotes:{second}",
        schema_version="equities.quotes.v1",
        source="test",
        underlying_id=root,
        scope="nbbo",
        consolidated=True,
        bid=SPOT - 0.01,
        ask=SPOT + 0.01,
        bid_size=100.0,
        ask_size=100.0,
        bid_exchange=None,
        ask_exchange=None,
        conditions=(),
    )


def nbbo(second: int, root: str = "NVDA") -> OptionsNbbo:
    ts = START_NS + second * NS_PER_S
    return OptionsNbbo(
        source_ts=ts,
        ingest_ts=ts,
        seq=second,
        trace_id=f"test:{root}:nbbo:{second}",
        schema_version="options.nbbo.v1",
        source="test",
        option_contract_id=f"{root}-2025-06-05-131-C",
        underlying_id=root,
        kind="stream",
        bid=BID,
        ask=ASK,
        bid_size=50,
        ask_size=60,
    )


def sweep_prints(root: str = "NVDA", size: int = SIZE, price: float = ASK) -> list[OptionsPrint]:
    return [
        a_print(
            number,
            ts=START_NS + 90 * NS_PER_S + (1 + 5 * number) * NS_PER_MS,
            trace_id=f"test:{root}:prints:{number}",
            option_contract_id=f"{root}-2025-06-05-131-C",
            underlying_id=root,
            root=root,
            expiry=EXPIRY,
            strike=131.0,
            price=price,
            size=size,
            exchange=venue,
            conditions=("S",),
            raw_conditions=("S",),
        )
        for number, venue in enumerate(VENUES)
    ]


def sweep_run(root: str = "NVDA", size: int = SIZE, price: float = ASK) -> ScenarioRun:
    prints = sweep_prints(root, size, price)
    items: tuple[RawRecord, ...] = (
        *(quote(second, root) for second in range(91)),
        nbbo(90, root),
        *prints,
        quote(120, root),
    )
    label = Label(
        label_id=f"{root}-sweep",
        scenario_id="call_sweep",
        family="institutional",
        print_trace_ids=tuple(each.trace_id for each in prints),
        profile_id="institutional_directional",
        direction="bullish",
        probability_range=None,
        classifiers=SWEEP.must_fire,
    )
    return ScenarioRun(items=items, labels=(label,))
