"""Where the inputs of a batch are tracked at the same time: in processes of their own."""

import multiprocessing
import os
import signal
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from app.runs.outputs import OutputPaths
from app.runs.track_job import LOOK_S, Here, RunReport, Stage, Watch, Workplace
from ppnet.errors import UserError
from ppnet.log_file import start_log, uncaught_in_log, unexpected
from ppnet.stop_signals import HANG_UP, children_held_back, leave_to_parent
from tracking.run_settings import RunSettings
from tracking.video.address import redacted


class OwnProcess:
    """A child process, which may come down alone: the next input gets a new one."""

    def __init__(self, settings: RunSettings, *, threads: int) -> None:
        """threads: of the CPU that the child computes with."""
        self._settings, self._threads = settings, threads
        self._child: Any = None

    def track(self, spec: str, paths: OutputPaths, watch: Watch) -> RunReport:
        """See `TrackJob`. UserError also when the process dies."""
        if self._child is not None and not self._child.is_alive():  # it came down between two inputs
            self.close()
        if self._child is None:
            self._begin()
        progress: tuple[int, int | None, Stage] = (0, None, Stage.OPENING)
        try:
            self._pipe.send((spec, paths))
            while True:
                if self._pipe.poll(LOOK_S):
                    kind, answer = self._pipe.recv()
                    if kind == "report":
                        return answer
                    if kind == "error":
                        raise answer
                    progress = answer
                if not watch(*progress):
                    self._pipe.send("stop")
        except (EOFError, OSError) as error:
            self._child.join()
            code, self._child = self._child.exitcode, None
            raise UserError(
                f"The process that tracked {redacted(spec)} ended with code {code}, perhaps because memory ran out; "
                "what it had finished is kept."
            ) from error

    def close(self) -> None:
        """Ends the child."""
        if self._child is not None:
            self._pipe.close()
            self._child.join()
            self._child = None

    def _begin(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, end = context.Pipe()
        # Not a daemon: it finishes what it writes when this process is killed, which it sees by the pipe.
        self._child = context.Process(target=_serve, args=(end, self._settings, self._threads), name="track")
        with children_held_back():
            self._child.start()
        end.close()


def _serve(pipe: Connection, settings: RunSettings, threads: int) -> None:
    """The child: inputs come in, progress and reports go out, until the other end is closed."""
    leave_to_parent(signal.SIGINT, signal.SIGTERM, HANG_UP)
    os.environ["OMP_NUM_THREADS"] = str(threads)
    start_log()
    with uncaught_in_log():
        _track_what_comes(pipe, Here(settings))


def _track_what_comes(pipe: Connection, here: Here) -> None:
    def watch(done: int, total: int | None, stage: Stage = Stage.TRACKING, /) -> bool:
        try:
            pipe.send(("progress", (done, total, stage)))
            return not pipe.poll() or pipe.recv() != "stop"
        except (EOFError, OSError):
            return False

    with suppress(EOFError, OSError):
        while True:
            asked = pipe.recv()
            if asked == "stop":  # it came when the input was done
                continue
            try:
                answer: tuple[str, Any] = ("report", here.track(asked[0], asked[1], watch))
            except UserError as error:
                answer = ("error", error)
            except Exception as error:  # noqa: BLE001 - logged by `unexpected`
                answer = ("error", UserError(unexpected(error, os.path.basename(redacted(asked[0])))))
            pipe.send(answer)
    here.close()


def places(settings: RunSettings, jobs: int) -> list[Workplace]:
    """So many places on this machine, which share its CPU."""
    if jobs == 1:
        return [Here(settings)]
    threads = max(1, (os.cpu_count() or 1) // jobs)
    return [OwnProcess(settings, threads=threads) for _ in range(jobs)]
