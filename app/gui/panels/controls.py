"""The page of settings: first what everybody needs (quality, whom, where, what is drawn), then “Advanced”."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.gui.commands.actions import Actions
from app.gui.look.theme import as_panel, fill_scrolled
from app.gui.panels.setting_widgets import ChoiceBox, CountBox, widget_over
from app.presets import BALANCED, PRESETS, preset_of
from ppnet.skeleton import COCO_17
from tracking.checked_settings import Setting
from tracking.run_settings import RunSettings

PEOPLE = ("only", "region", "tracker.max_people")
ADVANCED = {
    "Joints": ("smoothing.min_score", "smoothing.strength", "smoothing.kind"),
    "Detection": ("detector.model", "detector.tiles", "detect_every"),
    "Network": (
        "network.weights",
        "network.device",
        "network.backend",
        "network.input_scale",
        "network.flip",
        "skip_still",
    ),
    "Video": ("adaptation.turn_deg", "adaptation.slow_motion", "adaptation.picture_rate", "adaptation.mirror"),
}
LAYERS = (
    "skeleton", "joints", "boxes", "labels", "angles", "drawings", "trails", "joint-names", "heatmap", "feature-maps",
    "blur-faces", "plain-ground",
)  # fmt: skip
SETTINGS = RunSettings.declared()


class ControlsPanel(QWidget):
    """Widgets over one frozen `RunSettings`; every change gives a new one. widgets: by name of the setting."""

    settingsChanged = Signal(object)  # RunSettings
    minScoreChanged = Signal(float)  # at once, while dragging
    heatJointChanged = Signal(int)
    regionWanted = Signal()
    wholeWanted = Signal()
    oneWanted = Signal()
    everybodyWanted = Signal()

    def __init__(self, settings: RunSettings, actions: Actions) -> None:
        super().__init__()
        self._settings = settings
        self._has_one = False
        self.widgets: dict[str, Any] = {}
        self.one = self._button("Track, show and export only one person: click them in the picture  (Shift+H)")
        self.one.clicked.connect(self._one_clicked)
        self.region = self._button("Search for people only in a part of the picture that you drag  (Ctrl+R)")
        self.region.clicked.connect(self._region_clicked)
        inner = QWidget()
        as_panel(inner)
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(16, 14, 16, 16)
        self._column.setSpacing(8)
        self._build_presets()
        self._build_part("People", PEOPLE, self._column)
        self._build_layers(actions)
        self._build_advanced()
        self._column.addStretch(1)
        fill_scrolled(self, inner)
        self.widgets["smoothing.min_score"].moved.connect(self.minScoreChanged)
        self.show_settings(settings)

    # Filling in

    def show_settings(self, settings: RunSettings) -> None:
        """Puts the widgets where the settings are."""
        self._settings = settings
        preset = preset_of(settings)
        self.presets.setExclusive(False)
        for button in self.presets.buttons():
            button.setChecked(preset is not None and button.text() == preset.name)
        self.presets.setExclusive(True)
        self.preset_words.setText(preset.words if preset else "Custom settings.")
        self.back.setVisible(preset is None)
        for name, widget in self.widgets.items():
            widget.show_value(settings.value(name))
        self.region.setText("Choose…" if settings.region is None else "Back to the whole picture")
        smoothing = settings.smoothing
        self.widgets["smoothing.strength"].setEnabled(smoothing.kind != "off")
        self.numbers.setText(
            f"Kalman: acceleration density {smoothing.agility:.3g} body sizes²/s³. "
            f"1-euro: lowest cut-off {smoothing.cutoff_hz:.2g} Hz. "
            f"Gaps up to {smoothing.max_gap_s:g} s are filled, "
            f"outliers beyond {smoothing.gate:g} deviations rejected."
        )

    def show_one_person(self, chosen: bool) -> None:
        """Whether everything is about one person."""
        self._has_one = chosen
        self.one.setText("Back to everyone" if chosen else "Choose…")

    def show_devices(self, devices: Sequence[str]) -> None:
        """The devices that are there; those that are not can't be chosen."""
        words = SETTINGS["network.device"].choices
        self.widgets["network.device"].offer({device: words.get(device, device) for device in ("auto", *devices)})

    def show_weights(self, weights: Mapping[str | None, str]) -> None:
        """The weights that can be chosen, words by value."""
        self.widgets["network.weights"].offer(weights)

    # Building

    def _build_presets(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(6)
        self.presets = QButtonGroup(self)
        for preset in PRESETS:
            button = QPushButton(preset.name)
            button.setCheckable(True)
            button.setToolTip(preset.words)
            button.clicked.connect(lambda _checked=False, p=preset: self._change(p.applied(self._settings)))
            self.presets.addButton(button)
            row.addWidget(button, 1)
        self.preset_words = QLabel()
        self.preset_words.setWordWrap(True)
        self.preset_words.setProperty("muted", True)
        self.back = QPushButton("Back to Balanced")
        self.back.clicked.connect(lambda: self._change(BALANCED.applied(self._settings)))
        self._column.addLayout(row)
        self._column.addWidget(self.preset_words)
        self._column.addWidget(self.back)

    def _build_part(self, heading: str, names: Sequence[str], column: QVBoxLayout) -> None:
        self._heading(heading, column)
        form = self._form()
        for name in names:
            button = {"only": self.one, "region": self.region}.get(name)
            self._add(form, SETTINGS[name], button)
        column.addLayout(form)

    def _add(self, form: QFormLayout, setting: Setting, button: QPushButton | None = None) -> None:
        """A row: the label before drop-downs, numbers and buttons; sliders and switches bring theirs along."""
        if button is not None:
            form.addRow(setting.label, button)
            return
        widget = self.widgets[setting.name] = widget_over(setting)
        widget.edited.connect(lambda value: self._change(self._settings.changed({setting.name: value})))
        if isinstance(widget, ChoiceBox | CountBox):
            form.addRow(setting.label, widget)
        else:
            form.addRow(widget)

    def _form(self) -> QFormLayout:
        form = QFormLayout()
        form.setVerticalSpacing(7)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        return form

    def _build_advanced(self) -> None:
        self.advanced = QToolButton()
        self.advanced.setText("Advanced")
        self.advanced.setCheckable(True)
        self.advanced.setArrowType(Qt.ArrowType.RightArrow)
        self.advanced.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.numbers = QLabel()
        self.numbers.setWordWrap(True)
        self.numbers.setProperty("muted", True)
        self._advanced_part = QWidget()
        column = QVBoxLayout(self._advanced_part)
        column.setContentsMargins(0, 0, 0, 0)
        for heading, names in ADVANCED.items():
            self._build_part(heading, names, column)
        column.addWidget(self.numbers)
        self._advanced_part.hide()
        self.advanced.toggled.connect(self._show_advanced)
        self._column.addSpacing(8)
        self._column.addWidget(self.advanced)
        self._column.addWidget(self._advanced_part)

    def _button(self, tip: str) -> QPushButton:
        button = QPushButton("Choose…")
        button.setToolTip(tip)
        return button

    def _one_clicked(self) -> None:
        if self._has_one:
            self.everybodyWanted.emit()
        else:
            self.oneWanted.emit()

    def _region_clicked(self) -> None:
        if self._settings.region is None:
            self.regionWanted.emit()
        else:
            self.wholeWanted.emit()

    def _build_layers(self, actions: Actions) -> None:
        self._heading("Drawn over the picture", self._column)
        for name in LAYERS:
            action = actions[name]
            keys = action.shortcut().toString()
            box = QCheckBox(f"{action.text()}   ({keys})" if keys else action.text())
            box.setToolTip(action.toolTip())
            box.setChecked(action.isChecked())
            box.toggled.connect(action.setChecked)
            action.changed.connect(lambda box=box, action=action: _follow(box, action))
            self._column.addWidget(box)
            if name == "heatmap":
                self._column.addWidget(self._joint_choice())

    def _joint_choice(self) -> ChoiceBox:
        names = {index: key.replace("_", " ").capitalize() for index, key in enumerate(COCO_17.keypoints)}
        self.heat_joint = ChoiceBox(names)
        self.heat_joint.setToolTip("Joint whose heatmap is shown")
        self.heat_joint.setAccessibleName("Joint whose heatmap is shown")
        self.heat_joint.show_value(COCO_17.index("left_wrist"))
        self.heat_joint.edited.connect(self.heatJointChanged.emit)
        return self.heat_joint

    def _heading(self, words: str, column: QVBoxLayout) -> None:
        label = QLabel(words)
        label.setProperty("heading", True)
        column.addSpacing(8)
        column.addWidget(label)

    def _change(self, settings: RunSettings) -> None:
        self.show_settings(settings)
        self.settingsChanged.emit(settings)

    def _show_advanced(self, shown: bool) -> None:
        self._advanced_part.setVisible(shown)
        self.advanced.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)


def _follow(box: QCheckBox, action: Any) -> None:
    if box.isChecked() != action.isChecked():
        box.setChecked(action.isChecked())
