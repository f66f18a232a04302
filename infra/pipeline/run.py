"""Files in, everything derived and stored: the work behind `islandflow run`."""

import threading
import time
from collections.abc import Callable
from collections.abc import Sequence
from contextlib import AbstractContextManager
from contextlib import nullcontext
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

from connectors.feeds.base.publisher import PublishProgress
from connectors.feeds.files.open import FileFeed
from connectors.feeds.files.summary import FileSummary
from infra.embedded.stack import StackAddresses
from infra.pipeline.drain import DrainRequest
from infra.pipeline.drain import DrainResult
from infra.pipeline.drain import Observer
from infra.pipeline.drain import drain
from infra.pipeline.drain import following
from infra.pipeline.feed import FileRequest
from infra.pipeline.feed import Publishing
from infra.pipeline.feed import publish_files
from infra.pipeline.flows import FlowProcesses
from infra.pipeline.lag import Progress
from infra.pipeline.prepare import prepare
from infra.pipeline.report import Report
from infra.pipeline.report import report
from infra.reference_data import load_definitions
from infra.settings import Settings

PRINT_TOPICS = ("options.prints", "equities.prints")
QUOTE_TOPICS = ("options.nbbo", "equities.quotes")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """
    What to run.

    Parameters
    ----------
    files : FileRequest
        What to publish, and how fast.
    data_dir : Path
        Folder of log, tables and state.
    workers, batch_records : int
        Processes of each deriving flow; most records of a batch.
    digest : bool
        Read every topic through and digest it.
    """

    files: FileRequest
    data_dir: Path
    workers: int = 1
    batch_records: int = 1000
    digest: bool = False


@dataclass(slots=True)
class RunResult:
    """What a run came to."""

    summaries: list[FileSummary] = field(default_factory=list)
    published: int = 0
    prints: int = 0
    quotes: int = 0
    already_published: int = 0
    elapsed_s: float = 0.0
    drained: DrainResult = field(default_factory=DrainResult)
    report: Report = field(default_factory=Report)

    @property
    def prints_per_s(self) -> float:
        """Return the prints of this run over the time from first publish to last insert."""
        return self.prints / max(self.elapsed_s, 1e-9)

    def as_json(self) -> dict[str, Any]:
        """Return the result as the one object `--json` prints."""
        return {
            **self.report.as_json(),
            "elapsed_s": round(self.elapsed_s, 3),
            "prints_per_s": round(self.prints_per_s, 1),
            "published": self.published,
            "prints": self.prints,
            "quotes": self.quotes,
            "already_published": self.already_published,
            "flow_restarts": self.drained.restarts,
        }


def run_files(
    request: RunRequest,
    settings: Settings,
    addresses: StackAddresses,
    observe: Observer | None = None,
) -> RunResult:
    """
    Publish files, run the flows until the log is drained and stored, and report.

    Delivery: a file is published once per data folder, however often it is run; flows are at
    least once with deterministic ids, so a second run adds nothing.

    Parameters
    ----------
    request : RunRequest
        What to run.
    settings : Settings
        Thresholds and database.
    addresses : StackAddresses
        The services.
    observe : Callable[[str, Progress], None] | None
        Told `publish` and the flows' names with their progress.

    Raises
    ------
    ConnectorError
        A file cannot be read or has too many bad rows; nothing of it is published.
    InfraError
        A flow keeps failing.
    """
    result = RunResult()
    feeds = request.files.open()
    wire = prepare(settings.services, addresses)
    drain_request = DrainRequest(
        addresses=addresses,
        data_dir=request.data_dir,
        workers=request.workers,
        batch_records=request.batch_records,
        epoch_s=settings.flow.flow_epoch_s,
        changes={"EQUITIES_INGEST_ADAPTER": "file"},
    )
    began = time.monotonic()
    publishing = Publishing(
        addresses,
        wire,
        request.data_dir,
        settings.feed,
        threading.Event(),
        load_definitions(settings.flow.refdata_contracts_path),
    )
    speed = request.files.speed
    watching: AbstractContextManager[list[FlowProcesses]] = (
        following(drain_request) if speed > 0 else nullcontext([])
    )
    with watching as flows:
        published = publish_files(feeds, speed, publishing, _progress(feeds, observe))
    result.published = published.published
    result.prints = sum(published.by_topic.get(name, 0) for name in PRINT_TOPICS)
    result.quotes = sum(published.by_topic.get(name, 0) for name in QUOTE_TOPICS)
    result.already_published = published.resumed
    result.summaries = [feed.summary for feed in feeds]
    result.drained = drain(drain_request, observe)
    result.drained.restarts += sum(flow.restarts for flow in flows)
    result.elapsed_s = time.monotonic() - began
    result.report = report(settings.services, addresses, digest=request.digest)
    return result


def _progress(
    feeds: Sequence[FileFeed], observe: Observer | None
) -> Callable[[PublishProgress], None] | None:
    if observe is None:
        return None

    def told(progress: PublishProgress) -> None:
        total = sum(feed.summary.rows for feed in feeds)
        done = progress.published + progress.dead_lettered + progress.resumed
        observe("publish", Progress(done, max(done, total)))

    return told
