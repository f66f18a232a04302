"""Every code an option flow can give has a sentence in the terminal; terminal specification, 7."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from flows.options.alert_score import COMPONENT_NAMES
from flows.options.settlement import OUTCOMES

ROOT: Final = Path(__file__).parents[2]
FLOWS: Final = ROOT / "flows" / "options"
TEXTS: Final = ROOT / "ui" / "src" / "ui"
CODE: Final = re.compile(r"[a-z][a-z0-9_]*")
SIGNAL: Final = re.compile(r"(keep|reject|mode):[a-z-]+")


def _tree(module: str) -> ast.Module:
    return ast.parse((FLOWS / f"{module}.py").read_text())


def _texts(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def _assigned(module: str, named: str) -> Iterator[tuple[str, ast.expr]]:
    """Yield what names that match are assigned in a module."""
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            target, value = node.target, node.value
        else:
            continue
        if isinstance(target, ast.Name) and re.fullmatch(named, target.id):
            yield target.id, value


def _appended(module: str, *lists: str) -> Iterator[str]:
    """Yield the texts appended to lists of these names."""
    for node in ast.walk(_tree(module)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "append"
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id in lists
        ):
            yield from _texts(node)


def _guards() -> Iterator[str]:
    """Yield the names of the guards a fit applies: keys set in a mapping called guards."""
    for node in ast.walk(_tree("profile_fits")):
        if (
            isinstance(node, ast.Subscript)
            and isinstance(node.ctx, ast.Store)
            and isinstance(node.value, ast.Name)
            and node.value.id == "guards"
        ):
            yield from _texts(node.slice)


def profile_codes() -> set[str]:
    """Return the reasons and guards of the six profiles, and why an event abstains."""
    reasons = {
        text
        for _, value in _assigned("profile_fits", r"_[A-Z_]+_REASONS")
        for text in _texts(value)
    }
    return reasons | set(_guards()) | set(_appended("profiles", "plain", "suppressed")) | {"gate"}


def caveat_codes() -> set[str]:
    """Return the caveats of packets and of prints."""
    rules = {text for _, value in _assigned("profile_evidence", "_RULES") for text in _texts(value)}
    conditions = {text for _, value in _assigned("conditions", "caveats") for text in _texts(value)}
    return rules | conditions | set(_appended("tape", "added"))


def signal_codes() -> set[str]:
    """Return the deciding rules and fact tags of the signal filter."""
    rules = {text for text in _texts(_tree("signal")) if SIGNAL.fullmatch(text)}
    return rules | set(_appended("signal", "tags"))


def score_codes() -> set[str]:
    """Return what takes points off a score, and how alerts settle."""
    return {f"minus:{name}" for name in ("noise", "absorbed")} | set(OUTCOMES)


def fit_terms() -> set[str]:
    """Return the names of the weighted terms of all fits: the mappings whose base is not zero."""
    return {
        text
        for node in ast.walk(_tree("profile_fits"))
        if isinstance(node, ast.Dict)
        for key in node.keys
        if key is not None
        for text in _texts(key)
        if CODE.fullmatch(text)
    }


SENTENCES: Final[dict[str, str]] = json.loads((TEXTS / "reasons.json").read_text())
HELP: Final[dict[str, str]] = json.loads((TEXTS / "help.json").read_text())


@pytest.mark.parametrize(
    ("codes", "least", "known"),
    [
        (profile_codes(), 38, "stale_or_missing_quote_context"),
        (caveat_codes(), 14, "crossed_quote"),
        (signal_codes(), 18, "keep:sweep-or-iso"),
        (score_codes(), 7, "minus:noise"),
    ],
    ids=["profiles", "caveats", "signal", "score"],
)
def test_every_code_has_a_sentence(codes: set[str], least: int, known: str) -> None:
    assert known in codes
    # Fewer would mean that the codes are not found any more where they are looked for.
    assert len(codes) >= least
    assert sorted(codes - SENTENCES.keys()) == []


def test_no_sentence_is_of_a_code_that_nothing_gives() -> None:
    given = profile_codes() | caveat_codes() | signal_codes() | score_codes() | {"pending"}
    assert sorted(SENTENCES.keys() - given) == []


def test_sentences_are_sentences() -> None:
    wrong = [
        code
        for code, text in SENTENCES.items()
        if not text[0].isupper() or text[-1] not in ".:" or "_" in text
    ]
    assert wrong == []


def test_every_component_of_a_score_and_every_term_of_a_fit_is_explained() -> None:
    asked = {f"score:{name}" for name in COMPONENT_NAMES} | {f"fit:{name}" for name in fit_terms()}
    assert len(asked) > len(COMPONENT_NAMES) + 20
    assert sorted(asked - HELP.keys()) == []
