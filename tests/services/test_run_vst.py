"""A real day of one underlying: every row becomes tape, the big sweep an alert, and all traces."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from connectors.clickhouse.client import ClickHouseClient
from infra.embedded.stack import EmbeddedStack
from infra.evidence import EvidenceResolver
from infra.evidence import Node
from tests.infra.cli.command import in_process
from tests.infra.cli.command import islandflow
from tests.services.finished_run import FinishedRun

ROWS = 6847
BURST_TS = 1_748_009_305  # 2025-05-23 09:08:25 Central, s UTC
BURST_CONTRACT = "VST-2025-06-20-175-C"


@pytest.fixture(scope="module")
def data(vst_run: FinishedRun) -> Path:
    return vst_run.data


@pytest.fixture(scope="module")
def result(vst_run: FinishedRun) -> dict[str, Any]:
    return vst_run.result


@pytest.fixture(scope="module")
def tables(data: Path, result: dict[str, Any]) -> Iterator[ClickHouseClient]:
    """Yield the tables of the finished run, while its services run."""
    assert result["published"] == ROWS
    with (
        EmbeddedStack(data) as stack,
        closing(ClickHouseClient(stack.addresses.clickhouse)) as tables,
    ):
        yield tables


@pytest.fixture(scope="module")
def chains(tables: ClickHouseClient, result: dict[str, Any]) -> list[Node]:
    """Return the whole evidence of every alert of the run."""
    resolver = EvidenceResolver(tables)
    return [resolver.resolve(alert["alert_id"]) for alert in result["alerts"]]


def test_every_row_becomes_a_tape_row(result: dict[str, Any]) -> None:
    for name in ("options.prints", "options.tape"):
        assert result["topics"][name] == ROWS
        assert result["tables"][name.replace(".", "_")] == ROWS
    assert sum(result["placements"].values()) == ROWS
    assert set(result["placements"]) <= {"AA", "A", "MID", "B", "BB", "MISSING", "STALE"}
    assert result["dead_letters"] == 0
    assert sum(result["repeats"].values()) == 0


def test_every_print_is_in_exactly_one_packet_or_in_none(tables: ClickHouseClient) -> None:
    (found,) = tables.rows(
        "SELECT count() AS n, uniqExact(member) AS d FROM (SELECT arrayJoin(members) AS member "
        "FROM flow_packets FINAL WHERE packet_kind = 'contract')"
    )

    assert found["n"] == found["d"] > 0


def test_package_repeats_prints_of_the_packets_it_names(tables: ClickHouseClient) -> None:
    rows = tables.rows(
        "SELECT id, packet_kind, members, legs, evidence_refs FROM flow_packets FINAL"
    )
    members = {row["id"]: set(row["members"]) for row in rows if row["packet_kind"] == "contract"}
    packages = [row for row in rows if row["packet_kind"] == "structure"]

    assert packages
    for row in packages:
        own = set(row["members"])
        packets = {ref["id"] for ref in row["evidence_refs"] if ref["kind"] == "flow_packet"}
        assert len(own) == len(row["members"])
        assert len({leg["packet_id"] for leg in row["legs"]} & packets) == len(row["legs"]) >= 2
        assert own <= set().union(*[members[name] for name in packets]), row["id"]
        assert all(own & members[name] for name in packets), row["id"]


def test_burst_is_a_multi_venue_sweep_that_an_alert_cites(
    tables: ClickHouseClient, chains: list[Node]
) -> None:
    burst = tables.rows(
        "SELECT id, member_count, features.total_size AS size, features.venue_count AS venues, "
        "features.order_shape AS shape, features.sweep_kind AS kind FROM flow_packets FINAL "
        "WHERE option_contract_id = {contract:String} "
        "AND intDiv(start_ts, 1000000000) = {at:Int64}",
        {"contract": BURST_CONTRACT, "at": BURST_TS},
    )
    assert [(p["member_count"], p["size"], p["venues"]) for p in burst] == [(113, 1439, 10)]
    assert (burst[0]["shape"], burst[0]["kind"]) == ("sweep", "multi_venue")

    citing = [alert for alert in chains if burst[0]["id"] in ids_of(alert, "flow_packet")]
    assert citing
    prints = {node.id: node for node in nodes_of(citing[0], "option_print")}
    at_burst = [
        node for node in prints.values() if int(node.record["source_ts"]) // 10**9 == BURST_TS
    ]
    assert len(at_burst) == 113
    assert sum(node.record["size"] for node in at_burst) == 1439


def test_every_alert_resolves_down_to_its_prints(
    chains: list[Node], result: dict[str, Any]
) -> None:
    assert chains

    for node, alert in zip(chains, result["alerts"], strict=True):
        assert node.missing_ids() == ()
        prints = {each.id: each.record for each in nodes_of(node, "option_print")}
        assert sum(row["size"] for row in prints.values()) == alert["total_size"]
        assert len(ids_of(node, "flow_packet") - legs_of(node)) == alert["packet_count"]
        assert node.count("smart_money") >= 1


def test_trace_command_prints_the_chain(
    tables: ClickHouseClient, data: Path, result: dict[str, Any]
) -> None:
    del tables  # only so that the services run
    alert = result["alerts"][0]

    chain = in_process("trace", alert["alert_id"], "--data", data, "--json").json()
    shown = in_process("trace", alert["alert_id"], "--data", data)

    assert (chain["kind"], chain["id"]) == ("alert", alert["alert_id"])
    assert missing_of(chain) == []
    leaves = leaves_of(chain)
    assert {leaf["kind"] for leaf in leaves} == {"option_print"}
    assert shown.code == 0
    assert "all shows" in shown.out
    first = leaves[0]["record"]
    assert f"{first['size']:,} @" in shown.out


def test_workers_and_batches_do_not_change_a_digest(tmp_path: Path, vst_run: FinishedRun) -> None:
    found = islandflow(
        *("run", vst_run.path, "--data", tmp_path / "two", "--digest", "--json"),
        *("--workers", "2", "--batch", "61"),
    ).json()

    assert found["digests"] == vst_run.result["digests"]
    assert found["alerts"] == vst_run.result["alerts"]


def nodes_of(node: Node, kind: str) -> Iterator[Node]:
    if node.kind == kind:
        yield node
    for child in node.children:
        yield from nodes_of(child, kind)


def ids_of(node: Node, kind: str) -> set[str]:
    return {each.id for each in nodes_of(node, kind)}


def legs_of(node: Node) -> set[str]:
    """Return the packets that are in a chain only as legs of a structure."""
    packets = nodes_of(node, "flow_packet")
    return {leg["packet_id"] for packet in packets for leg in packet.record["legs"]}


def missing_of(chain: dict[str, Any]) -> list[str]:
    below = [name for child in chain["children"] for name in missing_of(child)]
    return list(chain["missing"]) + below


def leaves_of(chain: dict[str, Any]) -> list[dict[str, Any]]:
    if not chain["children"]:
        return [chain]
    return [leaf for child in chain["children"] for leaf in leaves_of(child)]
