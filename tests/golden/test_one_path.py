"""There is one way from prints to alerts: the flow's own."""

import ast
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

PRODUCT = ("api", "benchmarks", "connectors", "infra", "redpanda", "schemas")
DERIVED = {"FlowPacket", "SmartMoneyEvent", "ClassifierHit", "FlowAlert", "OptionsTape"}
MAKERS = {"PacketBuilder", "TapeBuilder", "OptionsEngine"}
# Measures the engine by itself, without the flow around it.
ENGINE_ALONE = {"benchmarks/options_engine.py"}


def modules() -> list[Path]:
    return [path for top in PRODUCT for path in sorted((REPOSITORY / top).rglob("*.py"))]


def called(tree: ast.AST) -> set[str]:
    return {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }


def test_nothing_outside_the_flows_builds_a_derived_record() -> None:
    found = {
        str(path.relative_to(REPOSITORY)): sorted(names)
        for path in modules()
        if (names := called(ast.parse(path.read_bytes())) & (DERIVED | MAKERS))
    }

    assert set(found) <= ENGINE_ALONE, found


def test_the_evaluation_knows_the_flow_and_not_what_is_inside() -> None:
    imported = {
        node.module
        for path in sorted((REPOSITORY / "infra" / "evaluation").glob("*.py"))
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.ImportFrom) and node.module is not None
    }

    own = {name for name in imported if name.startswith("flows.")}
    assert own == {"flows.options.flow", "flows.options.config"}


@pytest.mark.parametrize("source", ["FlowPacket(1)", "x = PacketBuilder(config)"])
def test_a_second_builder_would_be_found(source: str) -> None:
    assert called(ast.parse(source)) & (DERIVED | MAKERS)
