"""The checked-in golden files: raw records as compact lines, and what they should come out as."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from typing import Final

import msgspec

from connectors.feeds.synthetic.labels import Expectation
from connectors.feeds.synthetic.labels import Label
from connectors.feeds.synthetic.scenarios import ScenarioRun
from connectors.feeds.synthetic.scenarios import expectation
from connectors.feeds.synthetic.scenarios import golden_run
from schemas.catalog import topic_of
from schemas.catalog import topics

FIXTURES: Final = Path(__file__).parent / "fixtures"
MANIFEST: Final = "manifest.json"

# Name, seed and scenario of the specification, section 12.
GOLDEN: Final = {
    "institutional-directional-flow": (301, "call_sweep"),
    "retail-attention-call-chase": (302, "call_chase"),
    "event-noise-positioning": (303, "earnings_vol_probe"),
    "volatility-seller-supply": (304, "short_straddle_harvest"),
    "hedge-reactive-put-flow": (305, "reactive_put_wall"),
    "structure-arbitrage-calm": (306, "box_spread"),
    "no-alert-wide-quote-chop": (307, "wide_quote_chop"),
}


class Golden(msgspec.Struct, frozen=True):
    """One file of the manifest."""

    file: str
    sha256: str
    seed: int
    scenario: str
    records: int
    expectation: Expectation
    labels: tuple[Label, ...]


def encoded(records: Sequence[msgspec.Struct]) -> bytes:
    """
    Return records as lines: a header with the fields of each topic, then values in its order.

    A field that has its default in all records of a topic is left out.
    """
    names = list(dict.fromkeys(topic_of(type(record)).name for record in records))
    fields = {name: _used([r for r in records if topic_of(type(r)).name == name]) for name in names}
    lines = [msgspec.json.encode(fields)]
    for record in records:
        name = topic_of(type(record)).name
        values = [getattr(record, field) for field in fields[name]]
        lines.append(msgspec.json.encode([names.index(name), *values]))
    return b"\n".join(lines) + b"\n"


def _used(records: Sequence[msgspec.Struct]) -> list[str]:
    return [
        field.name
        for field in msgspec.structs.fields(type(records[0]))
        if any(getattr(record, field.name) != field.default for record in records)
    ]


def decoded(text: bytes) -> tuple[msgspec.Struct, ...]:
    """Return the records of `encoded` lines."""
    first, *lines = text.splitlines()
    fields: dict[str, list[str]] = msgspec.json.decode(first)
    names = list(fields)
    known = topics()
    records = []
    for line in lines:
        at, *values = msgspec.json.decode(line)
        plain = dict(zip(fields[names[at]], values, strict=True))
        record_type: type[msgspec.Struct] = known[names[at]].record_type
        records.append(msgspec.convert(plain, record_type))
    return tuple(records)


def made(name: str) -> tuple[Golden, bytes]:
    """Return what the synthetic market makes of a golden fixture now."""
    seed, scenario = GOLDEN[name]
    run = golden_run(name)
    text = encoded(run.items)
    golden = Golden(
        file=f"{name}.jsonl",
        sha256=hashlib.sha256(text).hexdigest(),
        seed=seed,
        scenario=scenario,
        records=len(run.items),
        expectation=msgspec.structs.replace(
            expectation(scenario), probability_range=run.labels[0].probability_range
        ),
        labels=run.labels,
    )
    return golden, text


def manifest() -> dict[str, Golden]:
    """Return the checked-in manifest by name."""
    text = (FIXTURES / MANIFEST).read_bytes()
    return msgspec.json.decode(text, type=dict[str, Golden])


def manifest_text(found: dict[str, Golden]) -> bytes:
    """Return a manifest as it is checked in."""
    plain: Any = msgspec.to_builtins(found)
    return msgspec.json.format(msgspec.json.encode(plain), indent=2) + b"\n"


def stored_run(golden: Golden) -> ScenarioRun:
    """Return the checked-in run."""
    records: Any = decoded((FIXTURES / golden.file).read_bytes())
    return ScenarioRun(items=records, labels=golden.labels)
