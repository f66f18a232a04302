"""A stretch of the synthetic market through the real flow: what it names, how often it alerts."""

from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import Final

import msgspec

from connectors.feeds.base.items import Accepted
from connectors.feeds.synthetic.config import SyntheticConfig
from connectors.feeds.synthetic.labels import Label
from connectors.feeds.synthetic.options import SyntheticOptions
from connectors.feeds.synthetic.scenarios import ScenarioRun
from flows.options.config import OptionsConfig
from infra.evaluation.match import Outcome
from infra.evaluation.run import OptionsRunner
from infra.evaluation.scenarios import outcomes_of
from infra.evaluation.views import DerivedRecord
from schemas.records import FlowAlert
from schemas.records import OptionsPrint
from schemas.records import SmartMoneyEvent

MS_PER_MINUTE: Final = 60_000
NO_PROFILE: Final = "none"


class MarketResult(msgspec.Struct, frozen=True):
    """
    What came out of a stretch of the market.

    Parameters
    ----------
    minutes, prints, labels : int
        Virtual minutes, prints and finished scenarios in them.
    primaries : dict
        Events by the profile they name.
    abstained : int
        Events that name none.
    alerts : int
        Alerts that were opened, however often they were updated.
    alerts_by_profile : dict
        The same by the profile their last revision names, `none` for those that rest on a
        classifier alone.
    outcomes : tuple of Outcome
        One per label.
    """

    minutes: int
    prints: int
    labels: int
    primaries: dict[str, int]
    abstained: int
    alerts: int
    alerts_by_profile: dict[str, int]
    outcomes: tuple[Outcome, ...]


def market_run(config: SyntheticConfig, minutes: int) -> ScenarioRun:
    """
    Return the first minutes of a synthetic market with the labels that were finished in them.

    Parameters
    ----------
    config : SyntheticConfig
        Seed, mode, start, and whether scenarios are played.
    minutes : int
        Of virtual time.
    """
    labels: list[Label] = []
    market = SyntheticOptions(config, labels.append)
    ticks = islice(market.ticks(), minutes * MS_PER_MINUTE // config.emit_interval_ms)
    items = [item.record for _, found in ticks for item in found if isinstance(item, Accepted)]
    return ScenarioRun(tuple(items), tuple(labels))


def run_market(config: SyntheticConfig, minutes: int, options: OptionsConfig) -> MarketResult:
    """
    Run a stretch of the market through the flow and count what it makes of it.

    Parameters
    ----------
    config : SyntheticConfig
        The market.
    minutes : int
        Of virtual time.
    options : OptionsConfig
        Thresholds.
    """
    run = market_run(config, minutes)
    (derived,) = OptionsRunner(options).run([run.items])
    events = newest_events(derived)
    alerts = {each.alert_id: each for each in derived if isinstance(each, FlowAlert)}
    primaries = Counter(each.primary_profile_id for each in events if not each.abstained)
    by_profile = Counter(each.primary_profile_id or NO_PROFILE for each in alerts.values())
    return MarketResult(
        minutes=minutes,
        prints=sum(isinstance(item, OptionsPrint) for item in run.items),
        labels=len(run.labels),
        primaries={name or NO_PROFILE: n for name, n in primaries.most_common()},
        abstained=sum(each.abstained for each in events),
        alerts=len(alerts),
        alerts_by_profile=dict(by_profile.most_common()),
        outcomes=outcomes_of(run, derived, f"seed {config.seed}"),
    )


def newest_events(derived: Iterable[DerivedRecord]) -> list[SmartMoneyEvent]:
    """Return each event in the revision that came out last."""
    return list(
        {each.event_id: each for each in derived if isinstance(each, SmartMoneyEvent)}.values()
    )
