"""Labels are followed to packets, events, hits and alerts, and judged by their expectation."""

from typing import Any

import msgspec
import pytest

from connectors.feeds.synthetic.labels import Expectation
from connectors.feeds.synthetic.labels import Label
from infra.evaluation.match import chain_of
from infra.evaluation.match import judge
from infra.evaluation.views import AlertView
from infra.evaluation.views import EventView
from infra.evaluation.views import HitView
from infra.evaluation.views import PacketView
from infra.evaluation.views import RefView
from infra.evaluation.views import ScoreView
from infra.evaluation.views import Views
from infra.evaluation.views import newest

PRINTS = ("p1", "p2", "p3")
SIZES = {"p1": 10, "p2": 60, "p3": 30, "other": 500}
FIRED, FOLLOWUP = "unusual_contract_spike", "no_follow_through_absorbed"

LABEL = Label(
    label_id="l1",
    scenario_id="call_sweep",
    family="institutional",
    print_trace_ids=PRINTS,
    profile_id="institutional_directional",
    direction="bullish",
    probability_range=None,
    classifiers=(FIRED,),
)
WANTED = Expectation(
    profile_id="institutional_directional",
    direction="bullish",
    probability_range=(0.7, 0.9),
    must_fire=(FIRED,),
)


def packet(number: int, *members: str, reversed_ids: tuple[str, ...] = ()) -> PacketView:
    return PacketView(f"pk{number}", 1, members, reversed_ids)


def event(
    number: int,
    *members: str,
    probability: float = 0.8,
    profile: str | None = "institutional_directional",
) -> EventView:
    return EventView(
        event_id=f"sm:pk{number}",
        revision=1,
        packet_ids=(f"pk{number}",),
        member_print_ids=members,
        primary_profile_id=profile,
        primary_direction="unknown" if profile is None else "bullish",
        abstained=profile is None,
        abstention_reasons=("below_policy_threshold",) if profile is None else (),
        profile_scores=(ScoreView(profile or "arbitrage", probability), ScoreView("x", 0.1)),
    )


def hit(number: int, name: str = FIRED, phase: str = "initial", **changes: Any) -> HitView:  # noqa: ANN401 - any field
    made = HitView(f"hit:{name}:pk{number}", 1, name, phase, f"pk{number}", None, False)
    return msgspec.structs.replace(made, **changes)


def alert(*refs: tuple[str, str], state: str = "open") -> AlertView:
    return AlertView("al1", 1, state, "headline", tuple(RefView(*ref) for ref in refs))


def views(**parts: Any) -> Views:  # noqa: ANN401 - any of the fields
    whole: dict[str, Any] = {
        "packets": (packet(1, *PRINTS),),
        "events": (event(1, *PRINTS),),
        "hits": (hit(1),),
        "alerts": (alert(("flow_packet", "pk1")),),
        "sizes": SIZES,
    }
    return Views(**{**whole, **parts})


def misses(expectation: Expectation, **parts: Any) -> tuple[str, ...]:  # noqa: ANN401 - any field
    return judge(LABEL, expectation, views(**parts), "seed 1").misses


def test_everything_as_expected_is_a_pass() -> None:
    outcome = judge(LABEL, WANTED, views(), "seed 1")

    assert outcome.is_pass
    assert outcome.predicted == "institutional_directional"
    assert outcome.fired == (FIRED,)
    assert [each.alert_id for each in outcome.alerts] == ["al1"]


def test_an_event_over_half_of_the_contracts_speaks_for_the_label_before_a_stronger_part() -> None:
    found = views(
        packets=(packet(1, "p1"), packet(2, "p2", "p3")),
        events=(event(1, "p1", probability=0.9), event(2, "p2", "p3", probability=0.7)),
    )

    main = chain_of(LABEL, found).main

    assert main is not None
    assert main.event_id == "sm:pk2"


def test_without_one_over_half_the_strongest_part_speaks() -> None:
    label = msgspec.structs.replace(LABEL, print_trace_ids=("p1", "p3", "other"))
    found = views(
        packets=(packet(1, "p1"), packet(2, "p3")),
        events=(event(1, "p1", probability=0.5), event(2, "p3", probability=0.6)),
    )

    main = chain_of(label, found).main

    assert main is not None
    assert main.event_id == "sm:pk2"


def test_an_event_that_names_a_profile_is_stronger_than_an_abstention() -> None:
    found = views(
        packets=(packet(1, *PRINTS), packet(2, *PRINTS)),
        events=(
            event(1, *PRINTS, probability=0.6, profile=None),
            event(2, *PRINTS, probability=0.5),
        ),
    )

    main = chain_of(LABEL, found).main

    assert main is not None
    assert main.event_id == "sm:pk2"


def test_what_other_prints_led_to_is_none_of_the_labels() -> None:
    chain = chain_of(
        LABEL,
        views(
            packets=(packet(1, *PRINTS), packet(9, "other")),
            events=(event(1, *PRINTS), event(9, "other")),
            hits=(hit(1), hit(9)),
            alerts=(alert(("flow_packet", "pk9")), alert(("option_print", "other"))),
        ),
    )

    assert chain.packet_ids == ("pk1",)
    assert [each.event_id for each in chain.events] == ["sm:pk1"]
    assert [each.packet_id for each in chain.hits] == ["pk1"]
    assert chain.alerts == ()


def test_an_alert_is_found_by_a_print_and_by_a_packet() -> None:
    for ref in (("option_print", "p3"), ("flow_packet", "pk1")):
        assert len(chain_of(LABEL, views(alerts=(alert(ref),))).alerts) == 1


def test_a_print_that_was_taken_back_still_leads_to_its_packet() -> None:
    found = views(packets=(packet(1, reversed_ids=PRINTS),), events=(event(1),))

    assert chain_of(LABEL, found).packet_ids == ("pk1",)


def test_a_retracted_hit_did_not_fire() -> None:
    assert misses(WANTED, hits=(hit(1, retracted=True),)) == (f"{FIRED} did not fire",)


@pytest.mark.parametrize(
    ("parts", "miss"),
    [
        ({"events": (event(1, *PRINTS, profile="retail_whale"),)}, "named retail_whale"),
        ({"events": (event(1, *PRINTS, probability=0.95),)}, "probability 0.950"),
        ({"events": (event(1, *PRINTS, profile=None),)}, "below_policy_threshold"),
        ({"events": ()}, "no event holds the prints"),
        ({"hits": ()}, f"{FIRED} did not fire"),
        ({"hits": (hit(1, phase="followup"),)}, f"{FIRED} did not fire"),
    ],
)
def test_each_deviation_is_a_miss(parts: dict[str, object], miss: str) -> None:
    found = misses(WANTED, **parts)

    assert len(found) == 1
    assert miss in found[0]


def test_direction_is_the_labels_where_each_run_decides() -> None:
    label = msgspec.structs.replace(LABEL, direction="bearish")

    found = judge(label, WANTED, views(), "seed 1").misses

    assert found == ("direction bullish, expected bearish",)


def test_a_follow_up_counts_by_the_packet_it_refers_to() -> None:
    expectation = msgspec.structs.replace(WANTED, later=(FOLLOWUP,))
    late = hit(7, FOLLOWUP, "followup", references_packet_id="pk1")

    assert misses(expectation) == (f"{FOLLOWUP} did not fire later",)
    assert misses(expectation, hits=(hit(1), late)) == ()


ABSTAINS = Expectation(
    profile_id=None, direction="unknown", probability_range=None, must_fire=(), abstains=True
)


def test_where_nobody_should_be_named_a_part_must_not_be_named_either() -> None:
    parts = {
        "packets": (packet(1, *PRINTS), packet(2, "p1")),
        "events": (event(1, *PRINTS, profile=None), event(2, "p1")),
    }

    assert misses(ABSTAINS, **parts) == ("named institutional_directional, expected abstention",)


def test_no_event_at_all_is_an_abstention() -> None:
    bounded = msgspec.structs.replace(ABSTAINS, probability_range=(0.0, 0.35))

    assert misses(bounded, packets=(), events=(), hits=(), alerts=()) == ()


def test_a_best_hypothesis_above_the_bound_is_a_miss_though_it_abstained() -> None:
    bounded = msgspec.structs.replace(ABSTAINS, probability_range=(0.0, 0.35))

    found = misses(bounded, events=(event(1, *PRINTS, probability=0.4, profile=None),))

    assert found == ("probability 0.400, expected 0.00 to 0.35",)


def test_neutral_activity_must_neither_hit_nor_alert() -> None:
    quiet = msgspec.structs.replace(ABSTAINS, no_hits=True, no_alert=True)

    found = misses(quiet, events=())

    assert found == (f"{FIRED} fired", "alert: headline")


def test_may_abstain_allows_abstention_but_no_other_profile() -> None:
    expectation = msgspec.structs.replace(WANTED, may_abstain=True, probability_range=None)

    assert misses(expectation, events=(event(1, *PRINTS, profile=None),)) == ()
    assert misses(expectation, events=(event(1, *PRINTS, profile="arbitrage"),)) != ()


def test_an_alert_has_to_end_in_the_state_that_is_wanted() -> None:
    expectation = msgspec.structs.replace(WANTED, alert_state="retracted")

    assert misses(expectation) == ("alert is open, expected retracted",)
    assert misses(expectation, alerts=()) == ("no alert, expected one that is retracted",)
    ended = alert(("flow_packet", "pk1"), state="retracted")
    assert misses(expectation, alerts=(ended,)) == ()


def test_the_newest_revision_counts_in_the_place_of_the_first() -> None:
    first, second = packet(1, "p1"), packet(2, "p2")
    revised = msgspec.structs.replace(first, revision=2, members=("p1", "p3"))

    assert newest([first, second, revised], "id") == (revised, second)
    assert newest([revised, second, first], "id") == (revised, second)
