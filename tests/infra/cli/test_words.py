"""What commands print, without services: numbers, times, trees, refusals."""

import io
from typing import Any

import pytest
from rich.console import Console
from rich.tree import Tree

from connectors.kafka.bounded import BEGINNING
from connectors.kafka.bounded import END
from connectors.kafka.bounded import Start
from infra.cli.output import counted
from infra.cli.output import dollars
from infra.cli.output import eastern
from infra.cli.output import span
from infra.cli.output import table
from infra.cli.sql import show_rows
from infra.cli.topics import parse_start
from infra.cli.trace import _grow
from infra.cli.trace import _label
from infra.errors import MisconfiguredInfra
from infra.evidence import Node
from infra.tables import readable_refusal

TEN_EASTERN = 1_748_008_800_000_000_000  # 2025-05-23 10:00:00 in New York


def printed(what: object, width: int = 80) -> str:
    out = Console(file=io.StringIO(), width=width, highlight=False)
    out.print(what)
    text: str = out.file.getvalue()  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in text.splitlines())


@pytest.mark.parametrize(
    ("amount", "text"),
    [(812.0, "$812"), (9_999.0, "$9,999"), (45_300.0, "$45.3K"), (1_234_567.0, "$1.23M")],
)
def test_dollars_are_short(amount: float, text: str) -> None:
    assert dollars(amount) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "no prints"), (1, "1 print"), (2, "2 prints"), (6847, "6,847 prints")]
)
def test_counts_agree_with_their_noun(count: int, text: str) -> None:
    assert counted(count, "print") == text


def test_times_are_new_york_in_summer_and_winter() -> None:
    assert eastern(TEN_EASTERN, date=True) == "2025-05-23 10:00:00.000"
    assert eastern(1_704_205_800_250_999_999) == "09:30:00.250"


def test_span_names_the_day_once() -> None:
    hour, day = 3600 * 10**9, 86_400 * 10**9
    assert span(TEN_EASTERN, TEN_EASTERN + hour).count("2025-05-23") == 1
    assert span(TEN_EASTERN, TEN_EASTERN + day).endswith("2025-05-24 10:00:00.000 ET")


def test_long_title_does_not_wrap_to_a_narrow_table() -> None:
    text = printed(table("options.tape: 6,847 records", ("n#",), [(1,)]))

    assert text.splitlines()[0] == "options.tape: 6,847 records"


def test_table_without_rows_is_its_title() -> None:
    assert printed(table("no dead letters", ("id", "error"), [])) == "no dead letters"


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("beginning", BEGINNING),
        ("end", END),
        ("17", Start("offset", 17)),
        ("-5", Start("offset", -5)),
        ("2025-05-23T10:00:00", Start("time", TEN_EASTERN // 10**6)),
        ("2025-05-23T14:00:00+00:00", Start("time", TEN_EASTERN // 10**6)),
        ("2025-05-23", Start("time", (TEN_EASTERN - 36_000 * 10**9) // 10**6)),
    ],
)
def test_start_of_a_tail_is_a_word_an_offset_or_a_time(text: str, start: Start) -> None:
    assert parse_start(text) == start


@pytest.mark.parametrize("text", ["", "yesterday", "1.5", "10:00"])
def test_other_starts_are_refused(text: str) -> None:
    with pytest.raises(MisconfiguredInfra, match="expected beginning, end, an offset"):
        parse_start(text)


def test_refusal_without_clickhouse_words_is_left_alone() -> None:
    assert readable_refusal("something else") == "something else"


def test_syntax_error_leaves_out_what_could_have_followed() -> None:
    text = readable_refusal(
        "Received ClickHouse exception, code: 62, server response: Code: 62. DB::Exception: Syntax "
        "error: failed at position 1 (SELEC) (line 1, col 1): SELEC 1. Expected one of: Query, "
        "EXPLAIN. (SYNTAX_ERROR) (version 1) (for url http://127.0.0.1:1)"
    )

    assert text.endswith("at position 1 (SELEC) (line 1, col 1): SELEC 1 (SYNTAX_ERROR)")


def option_print(number: int, **changes: object) -> Node:
    row: dict[str, Any] = {
        "source_ts": TEN_EASTERN + number,
        "option_contract_id": "XYZ-2025-06-20-100-C",
        "size": 10,
        "price": 2.5,
        "nbbo_side": "A",
        "exchange": "C",
        "conditions": [],
        "reversed": False,
        **changes,
    }
    return Node("option_print", f"file-x:s:prints:{number}", row)


def packet(children: list[Node]) -> Node:
    row = {
        "source_ts": TEN_EASTERN + 10**9,
        "packet_kind": "contract",
        "option_contract_id": "XYZ-2025-06-20-100-C",
        "features": {"total_size": 10, "total_premium": 25_000.0, "order_shape": "block"},
        "member_count": len(children),
    }
    return Node("flow_packet", "pk:XYZ", row, children)


def structure_packet(children: list[Node]) -> Node:
    leg = {"side": "sold", "size": 10, "option_contract_id": "XYZ-2025-06-20-100-C", "price": 2.5}
    row = {
        "source_ts": TEN_EASTERN + 10**9,
        "packet_kind": "structure",
        "option_contract_id": None,
        "features": {},
        "structure": {"type": "vertical", "package_side": "sold", "net_price": -2.5},
        "legs": [leg],
    }
    return Node("flow_packet", "st:XYZ", row, children)


def test_prints_of_a_structure_stand_with_its_legs_and_by_themselves_without_them() -> None:
    row: dict[str, Any] = {
        "source_ts": TEN_EASTERN, "primary_profile_id": None, "evidence_grade": "thin",
        "abstained": True, "abstention_reasons": [],
    }  # fmt: skip
    whole = structure_packet([option_print(1), option_print(2)])
    event = Node("smart_money", "sm:st:XYZ", row, [whole, packet([option_print(1)])])

    assert tree_of(event, None).count("file-x:s:prints:1") == 1
    assert tree_of(event, None).count("file-x:s:prints:2") == 1
    assert tree_of(whole, None).count("file-x:s:prints:1") == 1


def tree_of(node: Node, limit: int | None, width: int = 100) -> str:
    tree = Tree(_label(node))
    _grow(tree, node, limit, set())
    return printed(tree, width)


def test_packet_tree_names_contract_and_day_once() -> None:
    text = tree_of(packet([option_print(1)]), None)

    assert text.count("XYZ-2025-06-20-100-C") == 1
    assert text.count("2025-05-23") == 1
    assert "10 contracts, $25.0K, 1 print, block" in text
    assert "10 @ 2.50" in text


def a_leg(contract: str, **changes: object) -> dict[str, Any]:
    return {"side": "bought", "size": 10, "option_contract_id": contract, "price": 2.5, **changes}


@pytest.mark.parametrize(
    ("net_price", "cost"), [(1.5, ", net 1.50 debit"), (-0.25, ", net 0.25 credit"), (None, "")]
)
def test_structure_tree_names_its_legs_and_the_contracts_of_its_prints(
    net_price: float | None, cost: str
) -> None:
    legs = [
        a_leg("XYZ-2025-06-20-100-C"),
        a_leg("XYZ-2025-06-20-105-C", side="unknown", price=1.0, size=1_200),
    ]
    row = {
        "source_ts": TEN_EASTERN,
        "packet_kind": "structure",
        "option_contract_id": None,
        "features": {},
        "structure": {"type": "vertical_spread", "package_side": "bought", "net_price": net_price},
        "legs": legs,
    }

    text = tree_of(Node("flow_packet", "st:XYZ", row, [option_print(1)]), None, width=200)

    assert (
        f"vertical spread bought{cost}: bought 10 XYZ-2025-06-20-100-C @ 2.50, "
        "unknown 1,200 XYZ-2025-06-20-105-C @ 1.00"
    ) in text
    assert text.count("XYZ-2025-06-20-100-C") == 2


def test_prints_beyond_the_limit_are_counted() -> None:
    prints = [option_print(n) for n in range(5)]

    assert "… and 3 more prints; --all shows every one" in tree_of(packet(prints), 2)
    assert "… and 1 more print;" in tree_of(packet(prints), 4)
    assert "more print" not in tree_of(packet(prints), None)


def test_cancelled_print_is_marked_with_its_codes() -> None:
    text = tree_of(packet([option_print(1, reversed=True, conditions=["S"], price=0.005)]), None)

    assert "10 @ 0.005" in text
    assert "S  cancelled" in text


@pytest.mark.parametrize(("columns", "is_tall"), [(3, False), (30, True)])
def test_rows_too_wide_for_the_console_are_shown_a_column_a_line(
    columns: int, is_tall: bool
) -> None:
    row: dict[str, Any] = {f"column_{number}": number for number in range(columns)}
    out = Console(file=io.StringIO(), width=80, highlight=False)
    show_rows(out, [row])
    text: str = out.file.getvalue()  # type: ignore[attr-defined]

    assert ("column_0  column_1" in text) is not is_tall
    assert all(f"column_{number}" in text for number in range(columns))
