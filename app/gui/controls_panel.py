"""The page of settings: presets that say what they set, then every part of the run, then what is drawn."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.gui.actions import Actions
from app.gui.theme import as_panel, fill_scrolled
from app.presets import BALANCED, PRESETS, preset_of
from ppnet.skeleton import COCO_17
from tracking.detection.settings import DETECTORS
from tracking.run_settings import RunSettings
from tracking.smoothing import SMOOTHERS, SmoothingSettings

LAYERS = (
    "skeleton", "joints", "boxes", "labels", "angles", "trails", "joint-names", "heatmap", "feature-maps",
    "blur-faces", "plain-ground",
)  # fmt: skip
SETTLE_MS = 250  # a slider that is being dragged counts once it rests so long


class ControlsPanel(QWidget):
    """Widgets over one frozen `RunSettings`; every change gives a new one."""

    settingsChanged = Signal(object)  # RunSettings
    minScoreChanged = Signal(float)  # at once, while dragging
    heatJointChanged = Signal(int)
    regionWanted = Signal()
    wholeWanted = Signal()
    oneWanted = Signal()
    everybodyWanted = Signal()

    def __init__(self, settings: RunSettings, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._filling = False
        self._has_one = False
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._take_sliders)
        inner = QWidget()
        as_panel(inner)
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(16, 14, 16, 16)
        self._column.setSpacing(8)
        self._build_presets()
        self._build_look()
        self._build_steadiness()
        self._build_parts()
        self._build_source()
        self._build_layers(actions)
        self._column.addStretch(1)
        fill_scrolled(self, inner)
        self.show_settings(settings)

    # Filling in

    def show_settings(self, settings: RunSettings) -> None:
        """Puts the widgets where the settings are."""
        self._settings = settings
        self._filling = True
        preset = preset_of(settings)
        self.presets.setExclusive(False)
        for button in self.presets.buttons():
            button.setChecked(preset is not None and button.text() == preset.name)
        self.presets.setExclusive(True)
        self.preset_words.setText(preset.words if preset else "Changed by hand.")
        self.back.setVisible(preset is None)
        self.interval.setValue(settings.detect_every)
        self.people.setValue(settings.tracker.max_people or 0)
        self.flip.setChecked(settings.network.flip)
        self.smooth.setCurrentIndex(max(self.smooth.findData(settings.smoothing.kind), 0))
        self.strength.setValue(round(settings.smoothing.strength))
        self.strength.setEnabled(settings.smoothing.kind != "off")
        self.min_score.setValue(round(100 * settings.smoothing.min_score))
        self.detector.setCurrentIndex(max(self.detector.findData(settings.detector.model), 0))
        self.device.setCurrentIndex(max(self.device.findData(settings.network.device), 0))
        self.weights.setCurrentIndex(max(self.weights.findData(settings.network.weights), 0))
        self.turn.setCurrentIndex(max(self.turn.findData(settings.adaptation.turn_deg), 0))
        self.slow.setCurrentIndex(max(self.slow.findData(settings.adaptation.slow_motion), 0))
        self.rate.setCurrentIndex(max(self.rate.findData(settings.adaptation.picture_rate), 0))
        self.mirror.setChecked(settings.adaptation.mirror)
        self.region.setText("Choose…" if settings.region is None else "Back to the whole picture")
        self._filling = False
        self._tell_numbers()

    def show_one_person(self, chosen: bool) -> None:
        """Whether everything is about one person."""
        self._has_one = chosen
        self.one.setText("Back to everybody" if chosen else "Choose…")

    def show_devices(self, devices: Sequence[str]) -> None:
        """The devices that are there; those that are not can't be chosen."""
        names = {"cuda": "Graphics card (CUDA)", "mps": "Apple graphics (MPS)", "cpu": "Processor (CPU)"}
        choices: list[tuple[str | None, str]] = [("auto", "The fastest there is")]
        choices += [(device, names.get(device, device)) for device in devices]
        self._refill(self.device, choices, self._settings.network.device)

    def show_weights(self, weights: Sequence[tuple[str | None, str]]) -> None:
        """The weights that can be chosen: value and words."""
        self._refill(self.weights, weights, self._settings.network.weights)

    def _refill(self, box: QComboBox, entries: Sequence[tuple[str | None, str]], chosen: str | None) -> None:
        self._filling = True
        box.clear()
        for value, words in entries:
            box.addItem(words, value)
        box.setCurrentIndex(max(box.findData(chosen), 0))
        self._filling = False

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

    def _build_look(self) -> None:
        self._heading("Joints")
        self.min_score = self._slider("Joints that the network is less sure of are left out, at once", top=90)
        self.min_score.valueChanged.connect(self._min_score_moved)
        self.min_score_words = QLabel()
        self._slider_row("Least confidence", self.min_score, self.min_score_words)

    def _build_steadiness(self) -> None:
        self._heading("Steadiness")
        self.strength = self._slider("Further right: calmer joints that follow a little later", top=100)
        self.strength.valueChanged.connect(self._strength_moved)
        self.strength_words = QLabel()
        self._slider_row("Smoothing", self.strength, self.strength_words)
        self.expert = QToolButton()
        self.expert.setText("Numbers behind it")
        self.expert.setCheckable(True)
        self.expert.setArrowType(Qt.ArrowType.RightArrow)
        self.expert.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.smooth = self._combo("How joints are steadied", list(SMOOTHERS.items()))
        self.smooth.activated.connect(lambda _i: self._changed("smoothing.kind", self.smooth.currentData()))
        self.numbers = QLabel()
        self.numbers.setWordWrap(True)
        self.numbers.setProperty("muted", True)
        self._expert_part = QWidget()
        form = QFormLayout(self._expert_part)
        form.setContentsMargins(10, 0, 0, 0)
        form.addRow("Method", self.smooth)
        form.addRow(self.numbers)
        self._expert_part.hide()
        self.expert.toggled.connect(self._show_expert)
        self._column.addWidget(self.expert)
        self._column.addWidget(self._expert_part)

    def _build_parts(self) -> None:
        self._heading("Finding and reading people")
        self.detector = self._combo("The network that finds people", list(DETECTORS.items()))
        self.detector.activated.connect(lambda _i: self._changed("detector.model", self.detector.currentData()))
        self.interval = QSpinBox()
        self.interval.setRange(1, 120)
        self.interval.setPrefix("every ")
        self.interval.setSuffix(". picture")
        self.interval.setToolTip(
            "How often new people are looked for, in pictures; in between the joints carry the boxes"
        )
        self.interval.valueChanged.connect(lambda value: self._changed("detect_every", value))
        self.people = QSpinBox()
        self.people.setRange(0, 50)
        self.people.setSpecialValueText("everybody")
        self.people.setToolTip("At most so many people at a time; those seen first stay")
        self.people.valueChanged.connect(lambda value: self._changed("tracker.max_people", value or None))
        for box in (self.interval, self.people):
            box.lineEdit().setTextMargins(6, 0, 0, 0)
        self.one = QPushButton("Choose…")
        self.one.setToolTip("Only one person is read, shown and exported: click them in the picture  (Shift+H)")
        self.one.clicked.connect(self._one_clicked)
        self.flip = QCheckBox("Read each person twice, once mirrored")
        self.flip.setToolTip("Better joints for twice the work")
        self.flip.toggled.connect(lambda on: self._changed("network.flip", on))
        self.weights = self._combo("What the network has learnt", [(None, "M2-D2-W32 (comes with the program)")])
        self.weights.activated.connect(lambda _i: self._changed("network.weights", self.weights.currentData()))
        self.device = self._combo(
            "What computes; the Truth page says what really runs", [("auto", "The fastest there is")]
        )
        self.device.activated.connect(lambda _i: self._changed("network.device", self.device.currentData()))
        form = QFormLayout()
        form.setVerticalSpacing(7)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for words, widget in (
            ("Detector", self.detector),
            ("Looks", self.interval),
            ("Follow", self.people),
            ("One person", self.one),
            ("Weights", self.weights),
            ("Computes on", self.device),
        ):
            form.addRow(words, widget)
        self._column.addLayout(form)
        self._column.addWidget(self.flip)

    def _build_source(self) -> None:
        self._heading("The picture as it comes")
        self.turn = self._combo(
            "Turns the picture clockwise", [(0, "not turned"), *((d, f"{d}°") for d in (90, 180, 270))]
        )
        self.turn.activated.connect(lambda _i: self._changed("adaptation.turn_deg", self.turn.currentData()))
        slow = [(1.0, "real speed"), *((float(n), f"{n} times slower") for n in (2, 4, 5, 8, 10, 20))]
        self.slow = self._combo("Shot at 240 pictures a second and saved as 30: 8 times slower", slow)
        self.slow.activated.connect(lambda _i: self._changed("adaptation.slow_motion", self.slow.currentData()))
        rates = [
            (None, "30 a second"),
            *((float(n), f"{n} a second") for n in (1, 2, 5, 10, 12, 15, 24, 25, 50, 60, 120)),
        ]
        self.rate = self._combo("Folders of pictures and raw streams hold no times of their own", rates)
        self.rate.activated.connect(lambda _i: self._changed("adaptation.picture_rate", self.rate.currentData()))
        self.mirror = QCheckBox("Mirrored")
        self.mirror.setToolTip("Left and right change places")
        self.mirror.toggled.connect(lambda on: self._changed("adaptation.mirror", on))
        self.region = QPushButton("Choose…")
        self.region.setToolTip("People are looked for only in a part of the picture that you drag")
        self.region.clicked.connect(self._region_clicked)
        form = QFormLayout()
        form.setVerticalSpacing(7)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Turned", self.turn)
        form.addRow("Plays at", self.slow)
        form.addRow("Pictures without times", self.rate)
        form.addRow("Region", self.region)
        self._column.addLayout(form)
        self._column.addWidget(self.mirror)

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
        self._heading("Drawn over the picture")
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
                self.heat_joint = self._combo(
                    "Whose heatmap is shown",
                    [(index, key.replace("_", " ").capitalize()) for index, key in enumerate(COCO_17.keypoints)],
                )
                self.heat_joint.setCurrentIndex(COCO_17.index("left_wrist"))
                self.heat_joint.activated.connect(lambda _i: self.heatJointChanged.emit(self.heat_joint.currentData()))
                self._column.addWidget(self.heat_joint)

    def _heading(self, words: str) -> None:
        label = QLabel(words)
        label.setProperty("heading", True)
        self._column.addSpacing(8)
        self._column.addWidget(label)

    def _combo(self, tip: str, entries: Sequence[tuple[Any, str]]) -> QComboBox:
        box = QComboBox()
        box.setToolTip(tip)
        box.setAccessibleName(tip)
        box.setMinimumContentsLength(12)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for value, words in entries:
            box.addItem(words, value)
        return box

    def _slider(self, tip: str, *, top: int) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, top)
        slider.setToolTip(tip)
        slider.setAccessibleName(tip)
        return slider

    def _slider_row(self, words: str, slider: QSlider, value: QLabel) -> None:
        head = QHBoxLayout()
        head.addWidget(QLabel(words))
        head.addStretch(1)
        value.setProperty("muted", True)
        head.addWidget(value)
        self._column.addLayout(head)
        self._column.addWidget(slider)

    # Changing

    def _changed(self, name: str, value: Any) -> None:
        if not self._filling:
            self._change(self._settings.changed({name: value}))

    def _change(self, settings: RunSettings) -> None:
        self.show_settings(settings)
        self.settingsChanged.emit(settings)

    def _min_score_moved(self, value: int) -> None:
        self.min_score_words.setText(f"{value} %")
        self.minScoreChanged.emit(value / 100)
        if not self._filling:
            self._settle.start()

    def _strength_moved(self, _value: int) -> None:
        self._tell_numbers()
        if not self._filling:
            self._settle.start()

    def _take_sliders(self) -> None:
        score, strength = self.min_score.value() / 100, self.strength.value()
        self._change(self._settings.changed({"smoothing.min_score": score, "smoothing.strength": strength}))

    def _tell_numbers(self) -> None:
        strength = self.strength.value()
        off = self._settings.smoothing.kind == "off"
        self.strength_words.setText("off" if off else str(strength))
        numbers = SmoothingSettings(strength=float(strength))
        self.numbers.setText(
            f"Kalman: acceleration density {numbers.agility:.3g} body sizes²/s³. "
            f"1-euro: lowest cut-off {numbers.cutoff_hz:.2g} Hz. "
            f"Gaps up to {numbers.max_gap_s:g} s are filled, outliers beyond {numbers.gate:g} deviations thrown out."
        )
        self.min_score_words.setText(f"{self.min_score.value()} %")

    def _show_expert(self, shown: bool) -> None:
        self._expert_part.setVisible(shown)
        self.expert.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)


def _follow(box: QCheckBox, action: Any) -> None:
    if box.isChecked() != action.isChecked():
        box.setChecked(action.isChecked())
