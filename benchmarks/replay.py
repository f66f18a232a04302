"""Speed and memory of replays beside the live flow, on the same records.

`python -m benchmarks.replay [--files FILE …] [--workers N]` publishes vendor files (LEAN ticks of
BAC, 2013-10-08, and the VST option tape by default; read in place from ../shared/data), derives
and stores them as live flows do, then replays them flat out from the log and from ClickHouse, and
prints one JSON object: raw records a second of each, their ratio to live, the peak memory of each
process, and whether what each derived is identical to live.
"""

import time
from pathlib import Path
from typing import Any
from typing import Final
from typing import Literal

from benchmarks.report import DATA
from benchmarks.report import DEFAULT
from benchmarks.report import described
from benchmarks.report import has_files
from benchmarks.report import print_answer
from benchmarks.stack import own_stack
from infra.embedded.stack import StackAddresses
from infra.pipeline.feed import FileRequest
from infra.pipeline.run import RunRequest
from infra.pipeline.run import run_files
from infra.replay.comparison.diff import DiffRequest
from infra.replay.comparison.diff import compare_runs
from infra.replay.request import ReplayRequest
from infra.replay.runner import run_replay
from infra.settings import Settings
from infra.settings import load_settings

FILES: Final = (
    *DEFAULT,
    DATA / "tos_vst_option_tape" / "VST_2025-05-25_112147_cleaned.csv",
)
SOURCES: Final[tuple[Literal["log", "store"], ...]] = ("log", "store")


def measure(files: list[Path], workers: int) -> dict[str, Any]:
    """Return what deriving files took live, and replayed from both places."""
    settings = load_settings()
    with own_stack() as (stack, folder):
        addresses = stack.addresses
        request = RunRequest(
            files=FileRequest(files=files), data_dir=folder, workers=workers, batch_records=1000
        )
        live = run_files(request, settings, addresses)
        live_s = live.drained.elapsed_s
        replays = {
            source: _replayed(source, workers, settings, addresses, folder, live_s)
            for source in SOURCES
        }
    peaks = live.drained.usage.peak_mib_by_stage()
    return {
        "records": live.published,
        "live": {
            "elapsed_s": round(live_s, 2),
            "records_per_s": round(live.published / live_s),
            "peak_mib": {stage: round(mib) for stage, mib in peaks.items()},
        },
        "replays": replays,
    }


def _replayed(
    source: Literal["log", "store"],
    workers: int,
    settings: Settings,
    addresses: StackAddresses,
    folder: Path,
    live_s: float,
) -> dict[str, Any]:
    request = ReplayRequest(run=f"from-{source}", source=source, workers=workers)
    began = time.monotonic()
    manifest = run_replay(request, settings, addresses, folder)
    elapsed_s = time.monotonic() - began
    records = sum(manifest.records.values())
    found = compare_runs(DiffRequest(run=request.run, addresses=addresses, data_dir=folder))
    return {
        "records": records,
        "elapsed_s": round(elapsed_s, 2),
        "records_per_s": round(records / elapsed_s),
        "of_live": round(live_s / elapsed_s, 3),
        "peak_mib": manifest.peak_mib,
        "is_identical": found.is_identical,
    }


def main() -> None:
    """Run it and print what came out."""
    parser = described(__doc__)
    parser.add_argument("--files", type=Path, nargs="+", default=list(FILES))
    parser.add_argument("--workers", type=int, default=1, help="processes of each flow")
    options = parser.parse_args()
    if not has_files("replay", options.files):
        return
    answer = {
        "files": [path.name for path in options.files],
        "workers": options.workers,
        **measure(options.files, options.workers),
    }
    print_answer("replay", answer)


if __name__ == "__main__":
    main()
