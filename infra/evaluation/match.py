"""What was made of labelled activity, and whether that is what was expected; pure."""

from typing import Final

import msgspec

from connectors.feeds.synthetic.labels import Expectation
from connectors.feeds.synthetic.labels import Label
from infra.evaluation.views import FOLLOWUP
from infra.evaluation.views import AlertView
from infra.evaluation.views import EventView
from infra.evaluation.views import HitView
from infra.evaluation.views import Views

ABSTAIN: Final = "abstain"
ANY: Final = "any"
# Of a label's contracts; an event that holds so much of them speaks for the label.
MAIN_SHARE: Final = 0.5


class AlertOutcome(msgspec.Struct, frozen=True):
    """An alert that rests on labelled prints, in its last state."""

    alert_id: str
    state: str
    headline: str


class Outcome(msgspec.Struct, frozen=True):
    """
    One label beside what was derived from its prints.

    Parameters
    ----------
    scenario_id, family, label_id : str
        Of the label.
    run : str
        Which run it was: the seed, or the recording.
    truth : str
        The profile that should be named, `abstain`, or `any` where nothing is demanded.
    expected_direction : str
        Meaningful where `truth` is a profile.
    expected_range : tuple of float | None
        Bounds of the probability; null for none.
    expected_classifiers : tuple of str
        Those that must fire, at once or later.
    predicted : str | None
        Profile that was named; null for abstention, or no event at all.
    direction : str
        Direction that was named.
    probability : float
        The strongest profile's; 0 without an event.
    event_id : str | None
        The event that speaks for the label; null when nothing was derived from its prints.
    fired, fired_later : tuple of str
        Classifiers that fired on its packets, and those of the follow-up.
    alerts : tuple of AlertOutcome
        Alerts that rest on its prints.
    misses : tuple of str
        What was not as expected; empty for a pass.
    """

    scenario_id: str
    family: str
    label_id: str
    run: str
    truth: str
    expected_direction: str
    expected_range: tuple[float, float] | None
    expected_classifiers: tuple[str, ...]
    predicted: str | None
    direction: str
    probability: float
    event_id: str | None
    fired: tuple[str, ...]
    fired_later: tuple[str, ...]
    alerts: tuple[AlertOutcome, ...]
    misses: tuple[str, ...] = ()

    @property
    def is_pass(self) -> bool:
        """Whether everything was as expected."""
        return not self.misses


class Chain(msgspec.Struct, frozen=True):
    """
    What was derived from a label's prints.

    Parameters
    ----------
    packet_ids : tuple of str
        Packets and structures with any of the prints.
    events : tuple of EventView
        Events over any of them.
    main : EventView | None
        The event that speaks for the label.
    hits : tuple of HitView
        Hits on the packets that were not taken back.
    alerts : tuple of AlertView
        Alerts that rest on any of it.
    """

    packet_ids: tuple[str, ...]
    events: tuple[EventView, ...]
    main: EventView | None
    hits: tuple[HitView, ...]
    alerts: tuple[AlertView, ...]


def chain_of(label: Label, views: Views) -> Chain:
    """
    Follow a label's prints to packets, events, hits and alerts.

    Of the events that hold at least half of the labelled contracts the strongest speaks for the
    label; where none does, the strongest of all that hold any. The strongest is one that names a
    profile, then the one of the highest probability.
    """
    prints = frozenset(label.print_trace_ids)
    packets = tuple(
        packet.id
        for packet in views.packets
        if not prints.isdisjoint(packet.members) or not prints.isdisjoint(packet.reversed_print_ids)
    )
    known = frozenset(packets)
    events = tuple(
        event
        for event in views.events
        if not known.isdisjoint(event.packet_ids) or not prints.isdisjoint(event.member_print_ids)
    )
    hits = tuple(
        hit
        for hit in views.hits
        if (hit.packet_id in known or hit.references_packet_id in known) and not hit.retracted
    )
    alerts = tuple(
        alert
        for alert in views.alerts
        if not prints.isdisjoint(alert.ids("option_print"))
        or not known.isdisjoint(alert.ids("flow_packet"))
    )
    return Chain(packets, events, _main(label, events, views), hits, alerts)


def _main(label: Label, events: tuple[EventView, ...], views: Views) -> EventView | None:
    total = sum(views.sizes[print_id] for print_id in label.print_trace_ids)

    def share(event: EventView) -> float:
        held = frozenset(event.member_print_ids)
        size = sum(views.sizes[each] for each in label.print_trace_ids if each in held)
        return size / total if total else 0.0

    large = [event for event in events if share(event) >= MAIN_SHARE]
    return max(large or events, key=lambda event: (not event.abstained, event.best), default=None)


def truth_of(expectation: Expectation) -> str:
    """Return the profile that should be named, `abstain`, or `any` where nothing is demanded."""
    if expectation.profile_id is not None:
        return expectation.profile_id
    return ABSTAIN if expectation.abstains else ANY


def judge(label: Label, expectation: Expectation, views: Views, run: str) -> Outcome:
    """
    Compare what was derived from a label's prints with what its scenario expects.

    The label's own direction and range hold where it has them: a scenario that may go either way
    decides per run. Nothing but the label's prints and what rests on them is looked at.

    Parameters
    ----------
    label : Label
        Which prints, and what they are.
    expectation : Expectation
        Of its scenario.
    views : Views
        Everything derived in the run; `sizes` knows every labelled print.
    run : str
        Name of the run.
    """
    chain = chain_of(label, views)
    main = chain.main
    bounds = label.probability_range or expectation.probability_range
    outcome = Outcome(
        scenario_id=label.scenario_id,
        family=label.family,
        label_id=label.label_id,
        run=run,
        truth=truth_of(expectation),
        expected_direction=label.direction,
        expected_range=bounds,
        expected_classifiers=(*expectation.must_fire, *expectation.later),
        predicted=None if main is None else main.primary_profile_id,
        direction="unknown" if main is None else main.primary_direction,
        probability=0.0 if main is None else main.best,
        event_id=None if main is None else main.event_id,
        fired=_classifiers(chain.hits, later=False),
        fired_later=_classifiers(chain.hits, later=True),
        alerts=tuple(
            AlertOutcome(alert.alert_id, alert.state, alert.headline) for alert in chain.alerts
        ),
    )
    misses = (
        *_profile_misses(outcome, expectation, chain),
        *_classifier_misses(outcome, expectation),
        *_alert_misses(outcome, expectation),
    )
    return msgspec.structs.replace(outcome, misses=misses)


def _classifiers(hits: tuple[HitView, ...], *, later: bool) -> tuple[str, ...]:
    return tuple(sorted({hit.classifier_id for hit in hits if (hit.phase == FOLLOWUP) == later}))


def _profile_misses(outcome: Outcome, expectation: Expectation, chain: Chain) -> list[str]:
    if expectation.abstains:
        return _abstention_misses(outcome, chain)
    if expectation.profile_id is None:
        return []
    if outcome.predicted is None:
        if expectation.may_abstain:
            return []
        reasons = () if chain.main is None else chain.main.abstention_reasons
        why = ", ".join(reasons) or "no event holds the prints"
        return [f"abstained, expected {expectation.profile_id}: {why}"]
    misses = []
    if outcome.predicted != expectation.profile_id:
        misses.append(f"named {outcome.predicted}, expected {expectation.profile_id}")
    if outcome.direction != outcome.expected_direction:
        misses.append(f"direction {outcome.direction}, expected {outcome.expected_direction}")
    misses += _range_misses(outcome.probability, outcome.expected_range)
    return misses


def _abstention_misses(outcome: Outcome, chain: Chain) -> list[str]:
    # Who should not be named at all must not be named for a part of the prints either.
    misses = [
        f"named {event.primary_profile_id}, expected abstention"
        for event in chain.events
        if not event.abstained
    ]
    bounds = outcome.expected_range
    if bounds is not None:
        best = max([event.best for event in chain.events], default=bounds[0])
        misses += _range_misses(best, bounds)
    return misses


def _range_misses(probability: float, bounds: tuple[float, float] | None) -> list[str]:
    if bounds is None or bounds[0] <= probability <= bounds[1]:
        return []
    return [f"probability {probability:.3f}, expected {bounds[0]:.2f} to {bounds[1]:.2f}"]


def _classifier_misses(outcome: Outcome, expectation: Expectation) -> list[str]:
    misses = [f"{name} did not fire" for name in expectation.must_fire if name not in outcome.fired]
    misses += [
        f"{name} did not fire later"
        for name in expectation.later
        if name not in outcome.fired_later
    ]
    if expectation.no_hits:
        misses += [f"{name} fired" for name in (*outcome.fired, *outcome.fired_later)]
    return misses


def _alert_misses(outcome: Outcome, expectation: Expectation) -> list[str]:
    if expectation.no_alert:
        return [f"alert: {alert.headline}" for alert in outcome.alerts]
    wanted = expectation.alert_state
    if wanted is None:
        return []
    if not outcome.alerts:
        return [f"no alert, expected one that is {wanted}"]
    return [
        f"alert is {alert.state}, expected {wanted}"
        for alert in outcome.alerts
        if alert.state != wanted
    ]
