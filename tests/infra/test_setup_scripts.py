"""The front doors: what `make` and the gate run, tried on stand-ins for the tools they call."""

import shutil
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from typing import Final

import pytest

REPOSITORY: Final = Path(__file__).resolve().parents[2]
BASE_TOOLS: Final = ("awk", "cat", "cksum", "cut", "date", "dirname", "grep", "id", "mktemp")
MORE_TOOLS: Final = ("bash", "find", "mkdir", "rm", "sed", "sh", "sort", "tail", "tee")
UV_VERSION: Final = "9.9.9"
CLOSING_LINE: Final = "=================== 1 failed, 2 passed in 0.12s ===================="

Run = Callable[..., subprocess.CompletedProcess[str]]


def put_program(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a bare checkout: the scripts, a lock file, and nothing installed."""
    root = tmp_path / "checkout"
    shutil.copytree(REPOSITORY / "infra" / "setup", root / "infra" / "setup")
    shutil.copytree(REPOSITORY / ".ci", root / ".ci")
    (root / "pyproject.toml").write_text("[project]\n")
    (root / "uv.lock").write_text(f'[[package]]\nname = "uv"\nversion = "{UV_VERSION}"\n')
    return root


@pytest.fixture
def run(tmp_path: Path, checkout: Path) -> Run:
    """Return a runner whose PATH has the basic tools and what the test puts into `bin`."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in (*BASE_TOOLS, *MORE_TOOLS):
        found = shutil.which(name)
        assert found is not None, f"{name} is not on PATH"
        (programs / name).symlink_to(found)

    def start(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=checkout,
            env={"PATH": str(programs), "HOME": str(tmp_path)} | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return start


def put_environment(checkout: Path, uv_version: str = UV_VERSION) -> Path:
    """Stand in for an installed environment; returns the file that lists uv's calls."""
    calls = checkout / "uv-calls"
    put_program(checkout / ".venv/bin/python", "exit 0")
    put_program(
        checkout / ".venv/bin/uv",
        f'[ "$1" = --version ] && echo "uv {uv_version} (x86_64)" || echo "$@" >>{calls}',
    )
    return calls


def test_set_up_installs_the_lock_once_and_again_when_it_changed(checkout: Path, run: Run) -> None:
    calls = put_environment(checkout)
    script = ("sh", "infra/setup/environment.sh")

    first, second = run(*script), run(*script)
    with (checkout / "uv.lock").open("a") as lock:
        lock.write("# changed\n")
    third = run(*script)

    assert [first.returncode, second.returncode, third.returncode] == [0, 0, 0]
    assert "the environment is ready" in first.stderr
    assert second.stderr == ""
    assert (
        calls.read_text().splitlines() == ["sync --frozen --active --quiet --compile-bytecode"] * 2
    )


def test_a_failed_install_is_tried_again(checkout: Path, run: Run) -> None:
    put_environment(checkout)
    put_program(
        checkout / ".venv/bin/uv",
        f'[ "$1" != --version ] && exit 7; echo "uv {UV_VERSION}"',
    )
    script = ("sh", "infra/setup/environment.sh")

    assert [run(*script).returncode, run(*script).returncode] == [7, 7]


@pytest.mark.parametrize("asked_for", ["", "/opt/python3.13"])
def test_set_up_says_which_python_it_needs(run: Run, asked_for: str) -> None:
    done = run("sh", "infra/setup/environment.sh", PYTHON=asked_for)

    assert done.returncode == 1
    assert "no Python 3.11 or 3.12 found" in done.stderr
    assert "make setup PYTHON=" in done.stderr


def test_missing_test_programs_are_named_and_stop_nothing(run: Run) -> None:
    done = run("sh", "infra/setup/system_tools.sh", SYSTEM_TOOLS="no")

    assert done.returncode == 0
    assert "not installed: kcat redis-server chromium nodejs npm" in done.stderr


def test_packages_that_cannot_be_installed_stop_nothing(tmp_path: Path, run: Run) -> None:
    (tmp_path / "bin/id").unlink()
    put_program(tmp_path / "bin/id", "echo 0")
    put_program(tmp_path / "bin/apt-get", "echo 'no network' >&2; exit 100")

    done = run("sh", "infra/setup/system_tools.sh")

    assert done.returncode == 0
    assert done.stderr.count("no network") == 6
    assert "kcat could not be installed; its tests will skip" in done.stderr
    assert "redis-server could not be installed; its tests will skip" in done.stderr


TERMINAL: Final = ("sh", "infra/setup/terminal.sh")


@pytest.fixture
def terminal(checkout: Path, tmp_path: Path) -> Path:
    """Stand in for sources and Node.js of the terminal; returns the file that lists npm's calls."""
    (checkout / "ui").mkdir()
    for name in ("package.json", "package-lock.json", "main.ts"):
        (checkout / "ui" / name).write_text("{}")
    calls = tmp_path / "npm-calls"
    put_program(tmp_path / "bin/node", "exit 0")
    build = "mkdir -p dist node_modules; : >dist/index.html; : >node_modules/.package-lock.json"
    put_program(tmp_path / "bin/npm", f'echo "$1" >>{calls}; {build}')
    return calls


def test_the_terminal_is_built_once_and_again_when_a_source_changed(
    checkout: Path, run: Run, terminal: Path
) -> None:
    first, second = run(*TERMINAL), run(*TERMINAL)
    (checkout / "ui/main.ts").write_text("changed")
    third = run(*TERMINAL)

    assert [first.returncode, second.returncode, third.returncode] == [0, 0, 0]
    assert second.stderr == ""
    assert terminal.read_text().split() == ["ci", "run", "run"]


@pytest.mark.parametrize(("arguments", "code"), [((), 1), (("--optional",), 0)])
def test_without_node_the_terminal_says_what_to_install(
    run: Run, terminal: Path, tmp_path: Path, arguments: tuple[str, ...], code: int
) -> None:
    (tmp_path / "bin/node").unlink()

    done = run(*TERMINAL, *arguments)

    assert done.returncode == code
    assert "Node.js 20.19 or later" in done.stderr
    assert "apt install nodejs npm" in done.stderr
    assert not terminal.exists()


def test_a_failed_build_of_the_terminal_stops_only_who_asked_for_it(
    tmp_path: Path, run: Run, terminal: Path
) -> None:
    assert not terminal.exists()
    put_program(tmp_path / "bin/npm", '[ "$1" = ci ]')

    assert run(*TERMINAL).returncode == 1
    assert run(*TERMINAL, "--optional").returncode == 0


def test_one_failing_check_does_not_hide_the_next(checkout: Path, tmp_path: Path, run: Run) -> None:
    (checkout / "ui").mkdir()
    put_program(checkout / ".venv/bin/ruff", '[ "$1" = format ]')
    put_program(checkout / ".venv/bin/mypy", "echo mypy-ran")
    put_program(checkout / ".venv/bin/python", 'echo "pytest got: $*"; exit 1')
    put_program(tmp_path / "bin/npm", 'echo "npm got: $*"; [ "$3" != typecheck ]')

    done = run("sh", "infra/setup/check.sh", "test", "-k", "sweep")

    assert done.returncode == 1
    assert "mypy-ran" in done.stdout
    assert "npm got: run --silent lint" in done.stdout
    assert "pytest got: -m pytest -k sweep" in done.stdout
    assert "failed: ruff check, tsc, pytest" in done.stderr


def test_lint_runs_no_tests(checkout: Path, tmp_path: Path, run: Run) -> None:
    (checkout / "ui").mkdir()
    put_program(tmp_path / "bin/npm", '[ "$3" != test ] || echo vitest-ran')
    for name in ("ruff", "mypy"):
        put_program(checkout / ".venv/bin" / name, "exit 0")
    put_program(checkout / ".venv/bin/python", "echo pytest-ran")

    done = run("sh", "infra/setup/check.sh", "lint")

    assert (done.returncode, done.stdout) == (0, "")


def test_the_gate_ends_with_pytests_closing_line_and_makes_exit_status(
    tmp_path: Path, run: Run
) -> None:
    put_program(
        tmp_path / "bin/make", f"echo '{CLOSING_LINE}'; echo 'make: *** Error 1' >&2; exit 2"
    )

    done = run("bash", ".ci/run", TMPDIR=str(tmp_path))

    assert done.returncode == 2
    assert "make: *** Error 1" in done.stdout
    assert done.stdout.splitlines()[-1] == CLOSING_LINE


def test_benchmark_json_goes_to_stdout_and_to_a_file(
    checkout: Path, tmp_path: Path, run: Run
) -> None:
    (tmp_path / "bin/mv").symlink_to(shutil.which("mv") or "mv")
    put_program(checkout / ".venv/bin/python", 'echo "{\\"ran\\": \\"$2\\"}"')

    done = run("sh", "infra/setup/bench.sh")

    assert done.returncode == 0
    for name in ("options_flow", "broker"):
        written = (checkout / f"benchmarks/results/{name}.json").read_text()
        assert written == f'{{"ran": "benchmarks.{name}"}}\n'
        assert written in done.stdout


def test_the_lock_file_answers_what_the_project_asks_for() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    lock = tomllib.loads((REPOSITORY / "uv.lock").read_text())
    own = next(p for p in lock["package"] if p["name"] == project["project"]["name"])

    def asked(requirements: list[str]) -> set[str]:
        return {each.replace(" ", "") for each in requirements}

    def locked(requirements: list[dict[str, Any]]) -> set[str]:
        named = ((each, ",".join(each.get("extras", []))) for each in requirements)
        return {
            each["name"] + (f"[{extras}]" if extras else "") + each.get("specifier", "")
            for each, extras in named
        }

    metadata = own["metadata"]
    assert locked(metadata["requires-dist"]) == asked(project["project"]["dependencies"])
    assert locked(metadata["requires-dev"]["dev"]) == asked(project["dependency-groups"]["dev"])
