"""A scene in motion -> an H.264 clip and its exact truth, frame by frame."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ppnet.data.people.actors import Actor, Prop
from ppnet.data.people.camera import Camera
from ppnet.data.people.motion import Performer
from ppnet.data.people.place import Place
from ppnet.data.people.scene import render
from ppnet.data.people.shading import Light
from ppnet.data.people.truth import Truth
from ppnet.skeleton import COCO_17

Image = npt.NDArray[np.uint8]
_TIME_BASE = Fraction(1, 90000)


@dataclass(frozen=True)
class Stage:
    """All there is to film: who moves where, what stands about, the place, its light and the camera."""

    performers: tuple[Performer, ...]
    camera: Camera
    place: Place
    light: Light
    props: tuple[Prop, ...] = ()
    noise: float = 2.0
    backdrop: Image = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "backdrop", self.place.picture(self.camera))

    def frame(self, time_s: float, *, number: int = 0) -> tuple[Image, list[int], Truth]:
        """Picture at a moment, the ids (from 1, by place in `performers`) and the truth about them."""
        ids = [index + 1 for index, performer in enumerate(self.performers) if performer.present(time_s)]
        actors: list[Actor] = [self.performers[index - 1].at(time_s) for index in ids]
        image, truth = render(self.camera, actors, backdrop=self.backdrop, light=self.light, props=self.props)
        grain = np.random.default_rng((number, 99)).normal(0, self.noise, (*image.shape[:2], 1))
        grain = cv2.GaussianBlur(grain.astype(np.float32), (0, 0), 0.7)[:, :, None] * 1.6
        return np.asarray((image + grain).clip(0, 255), np.uint8), ids, truth


def write_clip(stage: Stage, times_s: Sequence[float], video: Path, truth: Path, *, crf: int = 23) -> None:
    """Film the stage at the given times. The truth's times are the presentation times of the file's frames."""
    import av

    ticks = [round(time / _TIME_BASE) for time in times_s]
    frames: list[dict[str, Any]] = []
    with av.open(str(video), "w", options={"movflags": "+faststart"}) as container:
        typical = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 1 / 30
        stream = container.add_stream("libx264", rate=Fraction(1 / typical).limit_denominator(1001))
        stream.width, stream.height = stage.camera.size_wh
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = stream.time_base = _TIME_BASE
        # Without B-frames the file's first presentation time stays where it is set.
        stream.options = {"crf": str(crf), "preset": "medium", "bf": "0", "threads": "2"}
        for number, tick in enumerate(ticks):
            image, ids, known = stage.frame(float(tick * _TIME_BASE), number=number)
            picture = av.VideoFrame.from_ndarray(image, format="rgb24")
            picture.pts, picture.time_base = tick, _TIME_BASE
            container.mux(stream.encode(picture))
            frames.append({"time_s": round(float(tick * _TIME_BASE), 6), "people": _people(ids, known)})
        container.mux(stream.encode())
    content = {"size_wh": list(stage.camera.size_wh), "keypoints": list(COCO_17.keypoints), "frames": frames}
    truth.write_text(json.dumps(content, separators=(",", ":")), encoding="utf-8")


def _people(ids: list[int], truth: Truth) -> list[dict[str, Any]]:
    """Everyone of whom any part lies inside the picture."""
    people = []
    for index, number in enumerate(ids):
        x1, y1, x2, y2 = truth.boxes[index]
        if x2 - x1 < 1 or y2 - y1 < 1:
            continue
        people.append({
            "id": number,
            "bbox": _rounded(truth.boxes[index]),
            "seen_bbox": _rounded(truth.seen_boxes[index]),
            "seen_share": round(float(truth.seen_share[index]), 3),
            "keypoints": [_rounded(point) for point in truth.keypoints[index]],
            "visibility": [int(value) for value in truth.visibility[index]],
        })  # fmt: skip
    return people


def _rounded(values: npt.NDArray[np.float32]) -> list[float]:
    return [round(float(value), 2) for value in values]
