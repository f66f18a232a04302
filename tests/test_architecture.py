"""The arrows and manners of the house, checked on the sources themselves."""

import ast
import re
from collections.abc import Callable
from collections.abc import Iterator
from graphlib import CycleError
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Final
from typing import TypeAlias

import pytest

from tests.source_tree import Module
from tests.source_tree import function_lengths
from tests.source_tree import import_graph
from tests.source_tree import is_within
from tests.source_tree import parse
from tests.source_tree import read_tree
from tests.source_tree import used_names

REPOSITORY: Final = Path(__file__).resolve().parents[1]
PRODUCT: Final = ("api", "benchmarks", "connectors", "flows", "infra", "redpanda", "schemas")
MAX_MODULE_LINES: Final = 400
MAX_FUNCTION_LINES: Final = 60

# Which of our own packages or modules each folder may import besides itself.
ARROWS: Final = {
    "schemas": (),
    "redpanda": ("schemas",),
    "connectors": (
        "schemas",
        "flows.common",
        "flows.equities.nbbo",
        "flows.options.contracts",
        "flows.options.conditions",
    ),
    "flows": ("schemas",),
    "api": ("schemas", "connectors", "infra", "redpanda"),
    "infra": ("schemas", "connectors", "flows", "api", "redpanda", "benchmarks"),
    "benchmarks": ("schemas", "connectors", "flows", "api", "redpanda", "infra"),
}
FLOW_WIRING_ARROWS: Final = ("schemas", "connectors", "infra")

# Input, output, clock, environment, chance and threads have no place in a calculation.
IMPURE: Final = (
    *("asyncio", "builtins.input", "builtins.open", "chdb", "clickhouse_connect"),
    *("confluent_kafka", "fastapi", "glob", "http", "httpx", "kio", "multiprocessing", "os"),
    *("pathlib", "prometheus_client", "redis", "requests", "secrets", "shutil", "signal"),
    *("socket", "sqlite3", "ssl", "subprocess", "tempfile", "threading", "time", "urllib"),
)
WALL_CLOCK: Final = (
    *("time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.ctime"),
    *("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today"),
    *("datetime.date.today", "numpy.datetime64.now"),
)
WALL_CLOCK_FOLDERS: Final = ("connectors", "api", "infra", "benchmarks")
ENVIRONMENT: Final = ("os.environ", "os.environb", "os.getenv", "os.getenvb", "os.putenv")
# Modules that hand their own environment on to a child process, and why.
ENVIRONMENT_PASSED_ON: Final[dict[str, str]] = {}
# Ids and records must come out the same on every run.
CHANCE: Final = ("uuid.uuid1", "uuid.uuid4", "os.urandom", "secrets")
CHANCE_FREE_FOLDERS: Final = ("flows", "connectors", "schemas")
SEEDED: Final = ("random.Random", "numpy.random.Generator", "numpy.random.default_rng")
RANDOM_MODULES: Final = ("random", "numpy.random")

Rule: TypeAlias = Callable[[Module], Iterator[str]]


def arrows(module: Module) -> Iterator[str]:
    allowed = FLOW_WIRING_ARROWS if module.is_flow_wiring else ARROWS[module.top]
    for imported in module.imports:
        top = imported.module.partition(".")[0]
        if top == "tests":
            yield f"{imported.line}: product code imports {imported.dotted}"
        elif (
            top in PRODUCT
            and top != module.top
            and not any(is_within(imported.dotted, each) for each in allowed)
        ):
            yield f"{imported.line}: {module.top} must not import {imported.dotted}"


def bytewax_stays_at_the_edges(module: Module) -> Iterator[str]:
    if module.is_flow_wiring or module.top == "connectors":
        return
    for imported in module.imports:
        if is_within(imported.module, "bytewax"):
            yield f"{imported.line}: only flow.py files and connectors/ import bytewax"


def flows_are_pure(module: Module) -> Iterator[str]:
    if module.top != "flows" or module.is_flow_wiring:
        return
    yield from _uses(module, IMPURE, "flows/ is pure; found")


def wall_clock_stays_outside(module: Module) -> Iterator[str]:
    if module.top not in WALL_CLOCK_FOLDERS:
        yield from _uses(module, WALL_CLOCK, "event time is an argument; found")


def only_settings_reads_the_environment(module: Module) -> Iterator[str]:
    if module.name != "infra.settings" and module.name not in ENVIRONMENT_PASSED_ON:
        yield from _uses(module, ENVIRONMENT, "infra/settings.py reads the environment; found")


def chance_is_seeded(module: Module) -> Iterator[str]:
    if module.top not in CHANCE_FREE_FOLDERS:
        return
    yield from _uses(module, CHANCE, "ids and records repeat on every run; found")
    for line, name in used_names(module):
        draws = any(name.startswith(f"{each}.") for each in RANDOM_MODULES)
        if draws and not any(is_within(name, each) for each in SEEDED):
            yield f"{line}: random numbers come from a seeded generator; found {name}"


def imports_are_absolute(module: Module) -> Iterator[str]:
    for imported in module.imports:
        if imported.level:
            yield f"{imported.line}: relative import of {imported.module or imported.name}"


def modules_are_short(module: Module) -> Iterator[str]:
    if module.lines > MAX_MODULE_LINES:
        yield f"1: {module.lines} lines, at most {MAX_MODULE_LINES}"


def functions_are_short(module: Module) -> Iterator[str]:
    for line, name, length in function_lengths(module):
        if length > MAX_FUNCTION_LINES:
            yield f"{line}: {name} has {length} lines, at most {MAX_FUNCTION_LINES}"


def packages_hold_no_code(module: Module) -> Iterator[str]:
    if not module.is_package:
        return
    for node in module.tree.body:
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_import = isinstance(node, ast.Import | ast.ImportFrom)
        is_all = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        is_typed_all = isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "__all__"
        if not (is_docstring or is_import or is_all or is_typed_all):
            yield f"{node.lineno}: __init__.py holds code"


def _uses(module: Module, forbidden: tuple[str, ...], why: str) -> Iterator[str]:
    for line, name in used_names(module):
        if any(is_within(name, each) for each in forbidden):
            yield f"{line}: {why} {name}"


RULES: Final = (
    arrows,
    bytewax_stays_at_the_edges,
    flows_are_pure,
    wall_clock_stays_outside,
    only_settings_reads_the_environment,
    chance_is_seeded,
    imports_are_absolute,
    modules_are_short,
    functions_are_short,
    packages_hold_no_code,
)


@pytest.fixture(scope="module")
def product() -> tuple[Module, ...]:
    return read_tree(REPOSITORY, PRODUCT)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_module_keeps_the_rule(product: tuple[Module, ...], rule: Rule) -> None:
    assert {m.top for m in product} >= {"connectors", "flows", "infra", "schemas"}
    broken = [f"{module.path}:{fault}" for module in product for fault in rule(module)]

    assert not broken, "\n" + "\n".join(broken)


def test_test_modules_are_short() -> None:
    broken = [
        f"{module.path}:{fault}"
        for module in read_tree(REPOSITORY, ("tests",))
        for fault in modules_are_short(module)
    ]

    assert not broken, "\n" + "\n".join(broken)


def test_modules_import_each_other_without_cycles(product: tuple[Module, ...]) -> None:
    try:
        TopologicalSorter(import_graph(product)).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_every_folder_of_python_is_a_package(product: tuple[Module, ...]) -> None:
    packages = {module.path.parent for module in product if module.is_package}
    folders = {module.path.parent for module in product}

    assert folders - packages == set()


def test_every_environment_exception_names_a_module_and_a_reason(
    product: tuple[Module, ...],
) -> None:
    names = {module.name for module in product}

    assert [n for n, why in ENVIRONMENT_PASSED_ON.items() if n not in names or not why] == []


BREACHES = [
    (arrows, "schemas/a.py", "import connectors.errors", "must not import connectors.errors"),
    (arrows, "flows/options/engine.py", "from infra import settings", "infra.settings"),
    (arrows, "flows/options/engine.py", "from connectors.errors import X", "connectors.errors.X"),
    (arrows, "flows/options/flow.py", "import api.app", "flows must not import api.app"),
    (arrows, "api/app.py", "def f():\n    from flows.errors import FlowError", "flows.errors"),
    (arrows, "connectors/a.py", "import flows.options.engine", "flows.options.engine"),
    (arrows, "connectors/a.py", "import infra.settings", "connectors must not import infra"),
    (arrows, "infra/a.py", "from tests.conftest import real", "imports tests.conftest.real"),
    (bytewax_stays_at_the_edges, "flows/options/engine.py", "import bytewax.operators", "only"),
    (bytewax_stays_at_the_edges, "infra/runner.py", "from bytewax.run import x", "only flow.py"),
    (flows_are_pure, "flows/a.py", "import confluent_kafka", "confluent_kafka"),
    (flows_are_pure, "flows/a.py", "from time import perf_counter", "time.perf_counter"),
    (flows_are_pure, "flows/a.py", "def f(p):\n    return open(p)", "2: flows/ is pure"),
    (wall_clock_stays_outside, "flows/x/flow.py", "import time as t\nx = t.time_ns()", "2: "),
    (
        wall_clock_stays_outside,
        "flows/a.py",
        "from datetime import UTC\nfrom datetime import datetime as d\nx = d.now(UTC)",
        "datetime.datetime.now",
    ),
    (wall_clock_stays_outside, "schemas/a.py", "import datetime\nx = datetime.date.today()", "2:"),
    (only_settings_reads_the_environment, "infra/a.py", "import os\nx = os.environ['A']", "2:"),
    (only_settings_reads_the_environment, "api/a.py", "from os import getenv as g", "os.getenv"),
    (chance_is_seeded, "flows/a.py", "import uuid\nx = uuid.uuid4()", "uuid.uuid4"),
    (chance_is_seeded, "connectors/a.py", "import random\nx = random.random()", "random.random"),
    (chance_is_seeded, "flows/a.py", "import numpy as np\nnp.random.normal()", "numpy.random"),
    (imports_are_absolute, "flows/a.py", "from .errors import FlowError", "relative import"),
    (imports_are_absolute, "flows/a.py", "from . import errors", "relative import of errors"),
    (modules_are_short, "flows/a.py", "x = 1\n" * 401, "401 lines"),
    (functions_are_short, "flows/a.py", "def f():\n" + "    x = 1\n" * 60, "f has 61 lines"),
    (packages_hold_no_code, "flows/__init__.py", '"""Doc."""\nx = 1', "2: __init__.py holds code"),
]


@pytest.mark.parametrize(("rule", "path", "source", "message"), BREACHES)
def test_each_rule_finds_its_breach(rule: Rule, path: str, source: str, message: str) -> None:
    faults = list(rule(_module(path, source)))

    assert faults
    assert re.search(re.escape(message), faults[0])


KEEPERS = [
    (arrows, "flows/options/flow.py", "from connectors.kafka import source\nimport infra.settings"),
    (
        arrows,
        "connectors/a.py",
        "from flows.options.conditions import policy\nimport schemas.codec",
    ),
    (arrows, "connectors/redis/a.py", "import redis\nimport connectors.errors"),
    (bytewax_stays_at_the_edges, "flows/options/flow.py", "import bytewax.operators as op"),
    (flows_are_pure, "flows/a.py", "import math\nopen_interest = 3\nx = max(open_interest, 1)"),
    (wall_clock_stays_outside, "connectors/a.py", "import time\nx = time.time_ns()"),
    (wall_clock_stays_outside, "flows/a.py", "from datetime import datetime\nx: datetime"),
    (only_settings_reads_the_environment, "infra/settings.py", "import os\nx = os.environ"),
    (chance_is_seeded, "connectors/a.py", "import random\nx = random.Random(7).random()"),
    (chance_is_seeded, "connectors/a.py", "from numpy.random import default_rng as r\nr(7)"),
    (modules_are_short, "flows/a.py", "x = 1\n" * 400),
    (functions_are_short, "flows/a.py", 'def f():\n    """D\n\n    E."""\n' + "    x = 1\n" * 59),
    (packages_hold_no_code, "flows/__init__.py", '"""D."""\nimport math\n__all__ = ["math"]'),
]


@pytest.mark.parametrize(("rule", "path", "source"), KEEPERS)
def test_no_rule_finds_fault_where_there_is_none(rule: Rule, path: str, source: str) -> None:
    assert list(rule(_module(path, source))) == []


@pytest.mark.parametrize(
    ("sources", "is_cyclic"),
    [
        ({"a": "import b", "b": "import c", "c": "def f():\n    import a"}, True),
        ({"p": "from p.x import X", "p.x": "from p import Y"}, True),
        ({"p": "from p.x import X", "p.x": "from p import y", "p.y": ""}, False),
        ({"a": "import b", "b": "if TYPE_CHECKING:\n    import a"}, False),
        ({"a": "import b\nimport c", "b": "import c", "c": ""}, False),
    ],
)
def test_import_cycles_are_found(sources: dict[str, str], is_cyclic: bool) -> None:
    modules = tuple(parse(Path(f"{name}.py"), text, name) for name, text in sources.items())
    sorter = TopologicalSorter(import_graph(modules))

    if is_cyclic:
        with pytest.raises(CycleError):
            sorter.prepare()
    else:
        sorter.prepare()


def _module(path: str, source: str) -> Module:
    name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return parse(Path(path), source, name)
