"""Batches across machines by Dask: one input a task. Files must lie at the same place for all machines."""

import threading
import time
import uuid
from typing import Any

from app.runs.outputs import OutputPaths
from app.runs.track_job import Here, RunReport, Watch, Workplace
from ppnet.errors import UserError
from ppnet.log_file import unexpected
from tracking.extras import load
from tracking.run_settings import RunSettings

CONNECT_S = 10
ASK_S = 1.0  # how often a worker asks whether it is to stop
_models = threading.local()


class OnCluster:
    """One task at a time on a Dask cluster."""

    def __init__(self, client: Any, settings: RunSettings) -> None:
        self._client, self._settings = client, settings

    def track(self, spec: str, paths: OutputPaths, watch: Watch) -> RunReport:
        """See `TrackJob`. UserError also when the worker dies."""
        distributed = load("distributed", "cluster")
        name = f"stop-{uuid.uuid4().hex}"
        stop = distributed.Event(name, client=self._client)
        future = self._client.submit(_track_there, spec, paths, self._settings, name, pure=False, retries=0)
        while not future.done():
            if not watch(0, None):
                stop.set()
            time.sleep(0.1)
        try:
            answer: RunReport | str = future.result()
        except Exception as error:
            raise UserError(f"{spec} could not be tracked on the cluster ({error}).") from error
        if isinstance(answer, str):
            raise UserError(answer)
        return answer

    def close(self) -> None:
        """Nothing to free here."""


def cluster_places(settings: RunSettings, address: str) -> list[Workplace]:
    """As many places as the cluster has threads. UserError when it does not answer or has no workers;
    MissingExtraError without Dask."""
    distributed = load("distributed", "cluster")
    try:
        client = distributed.Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UserError(f"No Dask scheduler answers at {address} ({error}).") from error
    threads = sum(client.nthreads().values())
    if not threads:
        raise UserError(f"The Dask scheduler at {address} has no workers; start some with `dask worker {address}`.")
    return [OnCluster(client, settings) for _ in range(threads)]


def _track_there(spec: str, paths: OutputPaths, settings: RunSettings, stop: str) -> RunReport | str:
    """Runs on a worker: the report, or what the user is to be told. Each thread keeps its models."""
    from distributed import Event

    asked = [time.monotonic(), False]

    def watch(_done: int, _total: int | None) -> bool:
        if time.monotonic() - asked[0] >= ASK_S:
            asked[:] = [time.monotonic(), Event(stop).is_set()]
        return not asked[1]

    if getattr(_models, "settings", None) != settings:
        _models.settings, _models.here = settings, Here(settings)
    try:
        here: Here = _models.here
        return here.track(spec, paths, watch)
    except UserError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - logged by `unexpected`
        return unexpected(error, spec)
