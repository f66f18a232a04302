"""Reads Python sources as data: a module's imports, the dotted names it uses, its lengths."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Final

TYPE_CHECKING_TESTS: Final = frozenset({"TYPE_CHECKING", "typing.TYPE_CHECKING"})


@dataclass(frozen=True, slots=True)
class Import:
    """One imported name: `module` for `import module`, `module` and `name` for `from`."""

    line: int
    module: str
    name: str | None
    level: int
    for_types_only: bool

    @property
    def dotted(self) -> str:
        return self.module if self.name is None else f"{self.module}.{self.name}"


@dataclass(frozen=True, slots=True)
class Module:
    """One source file."""

    path: Path
    name: str
    is_package: bool
    lines: int
    tree: ast.Module
    imports: tuple[Import, ...] = field(default=())

    @property
    def top(self) -> str:
        return self.name.partition(".")[0]

    @property
    def is_flow_wiring(self) -> bool:
        return self.top == "flows" and self.path.name == "flow.py"


def parse(path: Path, source: str, name: str) -> Module:
    """Read one file's text as the module `name`."""
    tree = ast.parse(source, filename=str(path))
    return Module(
        path=path,
        name=name,
        is_package=path.name == "__init__.py",
        lines=source.count("\n") + (not source.endswith("\n") and source != ""),
        tree=tree,
        imports=tuple(_imports(tree, for_types_only=False)),
    )


def read_tree(root: Path, folders: tuple[str, ...]) -> tuple[Module, ...]:
    """Read every `.py` file under `root`'s folders, in path order."""
    found = []
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            parts = list(path.relative_to(root).with_suffix("").parts)
            if parts[-1] == "__init__":
                parts.pop()
            found.append(parse(path.relative_to(root), path.read_text("utf-8"), ".".join(parts)))
    return tuple(found)


def _imports(node: ast.AST, *, for_types_only: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(child.lineno, alias.name, None, 0, for_types_only)
        elif isinstance(child, ast.ImportFrom):
            for alias in child.names:
                yield Import(
                    child.lineno, child.module or "", alias.name, child.level, for_types_only
                )
        elif isinstance(child, ast.If) and ast.unparse(child.test) in TYPE_CHECKING_TESTS:
            for statement in child.body:
                yield from _imports_of(statement, for_types_only=True)
            for statement in child.orelse:
                yield from _imports_of(statement, for_types_only=for_types_only)
        else:
            yield from _imports(child, for_types_only=for_types_only)


def _imports_of(statement: ast.stmt, *, for_types_only: bool) -> Iterator[Import]:
    wrapped = ast.Module(body=[statement], type_ignores=[])
    yield from _imports(wrapped, for_types_only=for_types_only)


def used_names(module: Module) -> Iterator[tuple[int, str]]:
    """
    Yield (line, dotted name) of every name the module imports or reads through an import.

    Aliases are resolved: after `from datetime import datetime as dt`, `dt.now()` yields
    `datetime.datetime.now`. Builtins that are called yield `builtins.<name>`.
    """
    meaning: dict[str, str] = {}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.partition(".")[0]
                meaning[bound] = alias.name if alias.asname else bound
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            for alias in node.names:
                meaning[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                yield node.lineno, f"{node.module}.{alias.name}"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute):
            dotted = _dotted(node)
            if dotted is not None and dotted[0] in meaning:
                yield node.lineno, ".".join((meaning[dotted[0]], *dotted[1:]))
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id not in meaning
        ):
            yield node.lineno, f"builtins.{node.func.id}"


def _dotted(node: ast.expr) -> list[str] | None:
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value)
        return None if before is None else [*before, node.attr]
    return None


def is_within(dotted: str, parent: str) -> bool:
    """Tell whether a dotted name is `parent` or something inside it."""
    return dotted == parent or dotted.startswith(f"{parent}.")


def function_lengths(module: Module) -> Iterator[tuple[int, str, int]]:
    """Yield (line, name, lines without the docstring) of every function, methods included."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            first = node.body[0]
            if ast.get_docstring(node, clean=False) is not None:
                length -= (first.end_lineno or first.lineno) - first.lineno + 1
            yield node.lineno, node.name, length


def import_graph(modules: tuple[Module, ...]) -> dict[str, set[str]]:
    """
    Return which of the modules each one imports.

    `from package import name` means the module `package.name` where there is one, else the
    package itself. Imports for type checkers only do not run and make no cycle.
    """
    names = {module.name for module in modules}
    graph: dict[str, set[str]] = {}
    for module in modules:
        edges = {
            imported.dotted if imported.dotted in names else imported.module
            for imported in module.imports
            if not imported.for_types_only
        }
        graph[module.name] = (edges & names) - {module.name}
    return graph
