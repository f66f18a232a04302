"""Execute a replay run from beginning to end."""

import time
from pathlib import Path
from typing import Final

import msgspec

from connectors.errors import ConnectorError
from infra.embedded.stack import StackAddresses
from infra.errors import InfraError
from infra.errors import MisconfiguredInfra
from infra.pipeline.catalog import EQUITIES
from infra.pipeline.catalog import OPTIONS
from infra.pipeline.catalog import PipelineFlow
from infra.pipeline.catalog import wanted
from infra.pipeline.drain import DrainRequest
from infra.pipeline.drain import Observer
from infra.pipeline.drain import drain
from infra.pipeline.occupancy import sole_pipeline
from infra.pipeline.prepare import prepare
from infra.pipeline.usage import Usage
from infra.replay.clocked import ClockedRun
from infra.replay.comparison.diff import DiffRequest
from infra.replay.estate import open_estate
from infra.replay.estate import topics_of_runs
from infra.replay.inputs import RunInputs
from infra.replay.inputs import run_inputs
from infra.replay.manifest import RunManifest
from infra.replay.manifest import RunState
from infra.replay.manifest import load_manifest
from infra.replay.manifest import save_manifest
from infra.replay.names import folder_of
from infra.replay.request import ReplayRequest
from infra.replay.status import StatusBoard
from infra.replay.verify import verify
from infra.settings import Settings
from infra.thresholds import check_changes

_FLOWS: Final = {"options": OPTIONS, "equities": EQUITIES}


def run_replay(
    request: ReplayRequest,
    settings: Settings,
    addresses: StackAddresses,
    data_dir: Path,
    observe: Observer | None = None,
) -> RunManifest:
    """
    Execute a run; return what is known of it at its end.

    Delivery: the flows' own, at least once with deterministic ids, into topics and tables of the
    run alone. A flow that dies is brought back. A run flat out from the log that was interrupted
    goes on where it stopped when it is asked for again in the same words; a clocked one begins
    anew.

    Parameters
    ----------
    request : ReplayRequest
        What to replay.
    settings : Settings
        Database, batches and epochs.
    addresses : StackAddresses
        The services, which hold the raw records.
    data_dir : Path
        The data folder; the run's own lies in it.
    observe : Callable[[str, Progress], None] | None
        Told each flow's name and progress a few times a second.

    Raises
    ------
    MisconfiguredInfra
        There is nothing to replay, another run has the name, or it is running.
    InfraError
        A flow keeps failing.
    """
    check_changes(request.changes)
    folder = folder_of(data_dir, request.run)
    with sole_pipeline(folder):
        _check_name(request, addresses, data_dir)
        wire = prepare(settings.services, addresses)
        inputs = run_inputs(request, settings.services, addresses, wire)
        deriving = _deriving(request, inputs)
        keeper = _Keeper(request, inputs, deriving, data_dir)
        try:
            scope = open_estate(request, 1, settings.services, addresses)
            job = DrainRequest(
                addresses=addresses,
                data_dir=folder,
                workers=request.workers,
                batch_records=settings.flow.flow_batch_records,
                epoch_s=settings.flow.flow_epoch_s,
                changes={"EQUITIES_INGEST_ADAPTER": inputs.equities_adapter, **request.changes},
                scope=scope,
                deriving=deriving,
                is_stored=request.is_stored,
            )
            if not request.is_clocked:
                return keeper.end("finished", drain(job, observe).usage)
            clocked = ClockedRun(keeper.manifest, job, settings, data_dir, wire, inputs.first_ns)
            keeper.manifest = clocked.run(observe)
            ended = keeper.end(keeper.manifest.state)
        except (KeyboardInterrupt, SystemExit):
            keeper.end("stopped")
            raise
        except (InfraError, ConnectorError) as error:
            keeper.end("failed", error=str(error))
            raise
        if request.is_verified and ended.state == "finished":
            _verify(request, settings, addresses, data_dir)
        return ended


class _Keeper:
    """Keeps what is known of a run in its folder."""

    def __init__(
        self,
        request: ReplayRequest,
        inputs: RunInputs,
        deriving: tuple[PipelineFlow, ...],
        data_dir: Path,
    ) -> None:
        self._data_dir = data_dir
        self._began_s = time.monotonic()
        self.manifest = RunManifest(
            request=request,
            created_ns=time.time_ns(),
            flows=tuple([each.name for each in deriving]),
            records=inputs.records,
        )
        save_manifest(data_dir, self.manifest)

    def end(self, state: RunState, usage: Usage | None = None, error: str = "") -> RunManifest:
        """Note how it ended."""
        peaks = self.manifest.peak_mib
        if usage is not None:
            peaks = {name: round(mib) for name, mib in usage.peak_mib_by_stage().items()}
        self.manifest = msgspec.structs.replace(
            self.manifest,
            state=state,
            ended_ns=time.time_ns(),
            elapsed_s=round(time.monotonic() - self._began_s, 3),
            peak_mib=peaks,
            error=error,
        )
        save_manifest(self._data_dir, self.manifest)
        return self.manifest


def _verify(
    request: ReplayRequest, settings: Settings, addresses: StackAddresses, data_dir: Path
) -> None:
    asked = DiffRequest(
        run=request.run,
        addresses=addresses,
        data_dir=data_dir,
        candle_lateness_ms=settings.equities.candles.lateness_ms,
    )
    verify(asked, StatusBoard(addresses, request.run))


def _deriving(request: ReplayRequest, inputs: RunInputs) -> tuple[PipelineFlow, ...]:
    if request.flows:
        return tuple([_FLOWS[name] for name in request.flows])
    return tuple(wanted(inputs.records))


def _check_name(request: ReplayRequest, addresses: StackAddresses, data_dir: Path) -> None:
    """Refuse a name that is taken, unless it is this very run, interrupted."""
    known = load_manifest(data_dir, request.run)
    is_same = known is not None and known.request == request and not request.is_clocked
    if is_same and known is not None and known.state != "finished":
        return
    if known is not None or request.run in topics_of_runs(addresses.kafka):
        msg = (
            f"there is a run {request.run} already; take another name with --as, or remove it: "
            f"islandflow runs rm {request.run}"
        )
        raise MisconfiguredInfra(msg)
