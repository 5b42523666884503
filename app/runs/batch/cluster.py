"""Batches across machines by Dask: one input a task. Files must lie at the same place for all machines."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from app.runs.outputs import OutputPaths
from app.runs.track_job import LOOK_S, Here, OutputsInUseError, RunReport, Stage, Watch, Workplace
from ppnet.errors import UserError
from ppnet.extras import load
from ppnet.log_file import unexpected
from tracking.run_settings import RunSettings
from tracking.video.address import redacted

CONNECT_S = 10
TALK_S = 0.5  # how often a worker says how far it is, and asks whether it is to stop
LEFT_BEHIND_S = 30  # so long a task waits for one of a batch that was killed to leave the same outputs
_models = threading.local()


class OnCluster:
    """One task at a time on a Dask cluster."""

    def __init__(self, client: Any, settings: RunSettings) -> None:
        self._client, self._settings = client, settings

    def track(self, spec: str, paths: OutputPaths, watch: Watch) -> RunReport:
        """See `TrackJob`. UserError also when the worker dies."""
        distributed = load("distributed", "cluster")
        name = f"track-{uuid.uuid4().hex}"
        stop = distributed.Event(name, client=self._client)
        progress: tuple[int, int | None, Stage] = (0, None, Stage.OPENING)

        def hear(event: tuple[float, tuple[int, int | None, str]]) -> None:
            nonlocal progress
            done, total, stage = event[1]
            progress = (done, total, Stage(stage))

        try:
            with self._heard(name, hear):
                future = self._client.submit(_track_there, spec, paths, self._settings, name, pure=False, retries=0)
                while not future.done():
                    if not watch(*progress):
                        stop.set()
                    time.sleep(LOOK_S)
                answer: RunReport | UserError = future.result()
        except Exception as error:
            raise UserError(f"{redacted(spec)} could not be tracked on the cluster ({error}).") from error
        if isinstance(answer, UserError):
            raise answer
        return answer

    def close(self) -> None:
        """Nothing to free here."""

    @contextmanager
    def _heard(self, topic: str, hear: Callable[[Any], None]) -> Iterator[None]:
        """`hear` is told what is said under `topic` meanwhile."""
        self._client.subscribe_topic(topic, hear)
        try:
            yield
        finally:
            with suppress(Exception):  # the scheduler may be gone, which is told already
                self._client.unsubscribe_topic(topic)


def cluster_places(settings: RunSettings, address: str) -> list[Workplace]:
    """As many places as the cluster has threads. UserError without Dask, and when the cluster does not answer or has no
    workers."""
    distributed = load("distributed", "cluster")
    try:
        distributed.comm.get_address_host_port(address, strict=True)  # a client of none would never be done
    except (ValueError, TypeError):
        words = f"--scheduler is the address of a Dask scheduler, such as tcp://192.168.1.5:8786, not {address!r}."
        raise UserError(words) from None
    try:
        client = distributed.Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UserError(f"No Dask scheduler responds at {address} ({error}).") from error
    threads = sum(client.nthreads().values())
    if not threads:
        raise UserError(f"The Dask scheduler at {address} has no workers; start some with `dask worker {address}`.")
    return [OnCluster(client, settings) for _ in range(threads)]


def _track_there(spec: str, paths: OutputPaths, settings: RunSettings, name: str) -> RunReport | UserError:
    """Runs on a worker: the report, or what the user is to be told. Each thread keeps its models.

    name: of the event that stops it, and of the topic under which it says how far it is."""
    from distributed import Event, get_worker

    worker, stop, begun_s = get_worker(), Event(name), time.monotonic()
    task = worker.get_current_task()
    talked_s, is_wanted = begun_s, True

    def watch(done: int, total: int | None, stage: Stage = Stage.TRACKING, /) -> bool:
        nonlocal talked_s, is_wanted
        if time.monotonic() - talked_s >= TALK_S:
            talked_s = time.monotonic()
            worker.log_event(name, (done, total, stage.value))
            is_wanted = not stop.is_set() and _is_waited_for(worker, task)
        return is_wanted

    if getattr(_models, "settings", None) != settings:
        _models.settings, _models.here = settings, Here(settings)
    try:
        here: Here = _models.here
        while True:
            try:
                return here.track(spec, paths, watch)
            except OutputsInUseError:
                if time.monotonic() - begun_s >= LEFT_BEHIND_S or not watch(0, None, Stage.OPENING):
                    raise
            time.sleep(LOOK_S)
    except UserError as error:
        return error
    except Exception as error:  # noqa: BLE001 - logged by `unexpected`
        return UserError(unexpected(error, redacted(spec)))


def _is_waited_for(worker: Any, task: Any) -> bool:
    """Whether anybody still wants what a task gives: once its batch was killed, the scheduler takes it back."""
    state = worker.state.tasks.get(task)
    return state is not None and state.state == "executing"
