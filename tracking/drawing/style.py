"""How people are shown over a picture: one set of choices for the window, recordings, exports and snapshots."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ppnet.errors import UserError
from tracking.angles import ANGLES
from tracking.session.edited_session import EditedSession
from tracking.session.edits import SetDrawing


@dataclass(frozen=True)
class PictureLayers:
    """Which layers lie over the picture, and whether people in it may be recognised.

    plain_ground: a plain colour instead of the picture. blur_faces: heads are made coarse; alone: one person is
    followed and others are not known, so everything but that person is made coarse as well.
    angles: names of `ANGLES` that are drawn with their degrees; of the selected person alone where there is one.
    drawings: what was drawn by hand.
    min_score: keypoints below it are left out, 0..1.
    """

    skeleton: bool = True
    joints: bool = True
    boxes: bool = True
    labels: bool = True
    trails: bool = False
    joint_names: bool = False
    angles: tuple[str, ...] = ()
    drawings: bool = True
    plain_ground: bool = False
    blur_faces: bool = False
    alone: bool = False
    min_score: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.min_score <= 1:
            raise UserError(f"The minimum confidence must be between 0 and 1, not {self.min_score:g}.")
        if unknown := [name for name in self.angles if name not in ANGLES]:
            raise UserError(f"There is no angle {unknown[0]}; there are {', '.join(ANGLES)}.")

    @property
    def hides_people(self) -> bool:
        """Whether nobody may be recognised."""
        return self.blur_faces or self.plain_ground

    @property
    def privacy(self) -> "PictureLayers":
        """The usual layers, with people hidden as they are here."""
        return PictureLayers(plain_ground=self.plain_ground, blur_faces=self.blur_faces)

    def bare(self) -> "PictureLayers":
        """The picture alone; whoever is hidden in it stays hidden."""
        return replace(
            self, skeleton=False, joints=False, boxes=False, labels=False, trails=False, joint_names=False, angles=(),
            drawings=False,
        )  # fmt: skip


@dataclass(frozen=True)
class PeopleStyle:
    """Who is chosen, hidden or named, by track id."""

    chosen: int | None = None
    hidden: frozenset[int] = frozenset()
    names: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Drawn:
    """What was drawn by hand, and the scale in which distances are told (None: in pixels)."""

    drawings: tuple[SetDrawing, ...] = ()
    metres_per_pixel: float | None = None

    @classmethod
    def on(cls, session: EditedSession) -> "Drawn":
        """All that was drawn on a session."""
        return cls(session.drawings, session.metres_per_pixel)


@dataclass(frozen=True)
class SceneStyle:
    """What is drawn, of whom, and at what size.

    drawn: by hand, over the picture. zoom: how many pixels of the screen one pixel of the picture takes up; lines and
    letters keep a readable size at any zoom.
    """

    layers: PictureLayers = PictureLayers()
    people: PeopleStyle = PeopleStyle()
    drawn: Drawn = Drawn()
    zoom: float = 1.0

    def __post_init__(self) -> None:
        if not self.zoom > 0:
            raise ValueError(f"zoom must be above 0, got {self.zoom}")

    @classmethod
    def of(cls, session: EditedSession, layers: PictureLayers = PictureLayers()) -> "SceneStyle":
        """With the names and drawings of a session, whose results leave out whoever is hidden."""
        layers = replace(layers, alone=session.is_alone)
        return cls(layers, PeopleStyle(names=dict(session.names)), Drawn.on(session))
