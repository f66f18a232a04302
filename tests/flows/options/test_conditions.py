"""Condition policy against the table of the specification."""

import pytest

from flows.options.conditions import CONDITION_POLICY
from flows.options.conditions import KNOWN_CONDITIONS
from flows.options.conditions import ConditionFacts
from flows.options.conditions import condition_facts

FLAGS = (
    "iso", "auction", "cross", "floor", "complex", "stock_tied", "late", "opening", "cancel",
    "negotiated",
)  # fmt: skip
AGGRESSOR = {"F": "full", "R": "reduced", "N": "none"}

# Rows of the specification: code, V, P, A, S, w, facts.
TABLE = """
A  rev N N no     -   cancel
C  rev N N no     -   cancel
E  rev N N no     -   cancel
G  rev N N no     -   cancel
B  Y   N N no     .40 late
D  Y   N N ctx    .40 late
F  Y   N N no     .40 late opening
H  Y   N N ctx    .40 late opening
I  Y   Y F full   1
J  Y   Y N ctx    .60 opening
S  Y   Y F full   1   iso
a  Y   Y R full   .85 auction
b  Y   Y R full   .85 auction iso
c  Y   Y N ctx    .60 cross negotiated
d  Y   Y N ctx    .60 cross iso negotiated
e  Y   Y N ctx    .60 floor negotiated
f  Y   Y N struct .90 complex
g  Y   Y N struct .90 complex auction
h  Y   Y N struct .80 complex cross negotiated
i  Y   Y N struct .80 complex floor negotiated
j  Y   Y N struct .80 complex
k  Y   Y N struct .60 complex stock_tied auction
l  Y   Y N struct .80 complex auction
m  Y   Y N struct .70 complex floor
n  Y   Y N struct .60 complex stock_tied
o  Y   Y N struct .60 complex stock_tied cross negotiated
p  Y   Y N struct .60 complex stock_tied floor negotiated
q  Y   Y N struct .60 complex stock_tied
r  Y   Y N struct .60 complex stock_tied auction
s  Y   Y N struct .60 complex stock_tied floor
t  Y   N N struct .60 complex floor
u  N   N N no     -
v  Y   N R ctx    .60
""".strip().splitlines()


def flags_of(facts: ConditionFacts) -> set[str]:
    return {flag for flag in FLAGS if getattr(facts, flag)}


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[0])
def test_code_has_the_facts_of_the_policy(row: str) -> None:
    code, volume, price, aggressor, signal_class, weight, *flags = row.split()
    facts = condition_facts((code,))
    assert facts.eligible_volume is (volume == "Y")
    assert facts.eligible_price is (price == "Y")
    assert facts.aggressor == AGGRESSOR[aggressor]
    assert facts.signal_class == signal_class
    assert facts.weight == (0.0 if weight == "-" else float(weight))
    assert flags_of(facts) == set(flags)
    assert facts.caveats == ()
    assert facts.code == code
    assert facts.placement_usable is (code not in "tu")


def test_table_covers_every_known_code() -> None:
    assert {row.split()[0] for row in TABLE} == KNOWN_CONDITIONS
    assert CONDITION_POLICY == "conditions.policy.v1"


@pytest.mark.parametrize("conditions", [(), ("",)])
def test_absent_condition_is_a_full_print_with_a_caveat(conditions: tuple[str, ...]) -> None:
    facts = condition_facts(conditions)
    assert facts.signal_class == "full"
    assert facts.aggressor == "full"
    assert facts.weight == 0.95
    assert facts.caveats == ("condition_absent",)
    assert facts.code == ""


@pytest.mark.parametrize("code", ["nx:206", "massive:999", "SPIM", "Z", "?", "AUTO"])
def test_unknown_condition_passes_reduced_and_is_named(code: str) -> None:
    facts = condition_facts((code,))
    assert (facts.eligible_volume, facts.eligible_price) == (True, True)
    assert facts.aggressor == "reduced"
    assert facts.signal_class == "full"
    assert facts.weight == 0.70
    assert facts.caveats == ("unknown_condition",)
    assert facts.code == code


def test_cancel_of_a_stopped_trade_is_a_cancel() -> None:
    assert condition_facts(("CSTP",)).cancel


def test_several_codes_add_their_facts_and_the_strictest_rule_holds() -> None:
    facts = condition_facts(("S", "f"))
    assert (facts.iso, facts.complex) == (True, True)
    assert facts.signal_class == "struct"
    assert facts.aggressor == "none"
    assert facts.weight == 0.90
    assert facts.code == "f"


def test_order_of_codes_does_not_matter_and_a_cancel_among_them_wins() -> None:
    assert condition_facts(("I", "C", "u")) == condition_facts(("u", "C", "I"))
    assert condition_facts(("I", "C", "u")).code == "C"


def test_blank_codes_beside_a_real_one_are_ignored() -> None:
    assert condition_facts(("", "I")) == condition_facts(("I",))
