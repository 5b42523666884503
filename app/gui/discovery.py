"""Looks, in the background, for what can be chosen: devices that compute, weights that are there."""

from dataclasses import dataclass
from pathlib import Path

from app.gui.panels.controls import ControlsPanel
from app.workspace.background_call import BackgroundCall, Post


@dataclass(frozen=True)
class Found:
    """Devices fastest first; weights in words, by their value for the settings."""

    devices: list[str]
    weights: dict[str | None, str]


def look() -> Found:
    """What is there. May load torch, which takes seconds: not for the window's thread."""
    from app.factory import find_weights
    from ppnet.torch_build import available_devices
    from ppnet.weights import app_weights
    from tracking.run_settings import RunSettings

    default = find_weights(RunSettings().network)
    weights: dict[str | None, str] = {None: _words(default)}
    weights |= {str(entry.path): _words(entry.path) for entry in app_weights() if entry.path != default}
    return Found(available_devices(), weights)


def _words(path: Path) -> str:
    return path.stem.replace("_", ", ")


class Discovery:
    """Fills the choices of the Settings page once they are known."""

    def __init__(self, controls: ControlsPanel, *, post: Post) -> None:
        self._post = post
        self._controls = controls
        self._job: BackgroundCall[Found] | None = None

    def start(self) -> None:
        """Begins to look."""
        self._job = BackgroundCall(look, name="look for devices", post=self._post, done=self._show)

    def wait(self) -> None:
        """Waits for the end; for the end of the program."""
        if self._job is not None:
            self._job.wait(2.0)

    def _show(self, found: Found) -> None:
        self._controls.show_devices(found.devices)
        self._controls.show_weights(found.weights)
