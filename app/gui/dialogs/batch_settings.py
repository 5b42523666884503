"""What goes into a batch besides its files: the settings in use, in words, and what is about one video only, to be left
out."""

from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtWidgets import QCheckBox, QLabel, QVBoxLayout, QWidget

from app.gui.preferences import OF_ONE_VIDEO
from app.presets import preset_of
from app.workspace.workspace import Workspace
from tracking.checked_settings import Setting
from tracking.drawing.style import PictureLayers
from tracking.run_settings import RunSettings

SETTINGS = RunSettings.declared()
USUAL = RunSettings()


def setting_words(setting: Setting, value: object) -> str:
    """A setting and its value: `Rotate: 90°`, `Mirror`."""
    if isinstance(value, bool):
        return setting.label if value else f"{setting.label}: off"
    if value in setting.choices:
        return f"{setting.label}: {setting.choices[value]}"
    if isinstance(value, tuple):
        return f"{setting.label}: {', '.join(f'{part:.0f}' for part in value)} pixels"
    if not isinstance(value, float):
        return f"{setting.label}: {value} {setting.unit}".strip()
    is_share = setting.limits[1] == 1
    return f"{setting.label}: {100 * value:.0f} %" if is_share else f"{setting.label}: {value:g} {setting.unit}".strip()


def settings_words(settings: RunSettings, layers: PictureLayers) -> str:
    """The settings of every file in one sentence: the preset, and what is otherwise than usual."""
    preset = preset_of(settings)
    known = preset.values if preset is not None else {}
    names = [name for name in SETTINGS if name not in known and not name.startswith(OF_ONE_VIDEO)]
    parts = [preset.name] if preset is not None else []
    parts += _changed(settings, names)
    parts += [
        words for words, on in (("faces blurred", layers.blur_faces), ("plain background", layers.plain_ground)) if on
    ]
    return f"Every file is tracked with the settings of the Settings page: {'; '.join(parts)}."


def _changed(settings: RunSettings, names: Iterable[str]) -> list[str]:
    values = ((SETTINGS[name], settings.value(name)) for name in names)
    return [setting_words(setting, value) for setting, value in values if value != USUAL.value(setting.name)]


class BatchSettings(QWidget):
    """A line about the settings in use, which it follows, and a box for each that is about one video. A box is ticked
    at first where the next video would be opened with that setting, too.
    """

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        self._wanted: dict[tuple[str, object], bool] = {}  # what somebody ticked, or didn't
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setProperty("muted", True)
        self.boxes: dict[str, QCheckBox] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.words)
        self.heading = QLabel("Set for the open video only; tick what should apply to every file:")
        column.addWidget(self.heading)
        for name in SETTINGS:
            if name.startswith(OF_ONE_VIDEO) and name != "only":  # a person of one video is in no other
                box = self.boxes[name] = QCheckBox()
                box.clicked.connect(lambda on, name=name: self._want(name, on))
                column.addWidget(box)
        workspace.settings_changed.connect(lambda _settings: self.refresh())
        workspace.layers_changed.connect(lambda _layers: self.refresh())
        self.refresh()

    @property
    def chosen(self) -> RunSettings:
        """The settings for every file: those in use, without what was left out."""
        settings = self._workspace.settings
        left_out = [name for name in self.boxes if not self._is_wanted(name)]
        return replace(settings, only=None).changed({name: USUAL.value(name) for name in left_out})

    def refresh(self) -> None:
        """Says what the settings are now. Not while they are in use: then they stay as they were at the start."""
        if not self.isEnabled():
            return
        settings = self._workspace.settings
        self.words.setText(settings_words(settings, self._workspace.layers))
        for name, box in self.boxes.items():
            value = settings.value(name)
            box.setVisible(value != USUAL.value(name))
            box.setText(setting_words(SETTINGS[name], value))
            box.setChecked(self._is_wanted(name))
        self.heading.setVisible(not all(box.isHidden() for box in self.boxes.values()))

    def _is_wanted(self, name: str) -> bool:
        value = self._workspace.settings.value(name)
        return self._wanted.get((name, value), value == self._workspace.next_settings.value(name))

    def _want(self, name: str, on: bool) -> None:
        self._wanted[name, self._workspace.settings.value(name)] = on
