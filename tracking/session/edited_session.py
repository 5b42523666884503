"""`EditedSession`: a session as it looks with all edits in it, by frame or from end to end, without the network."""

from array import array
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from ppnet.skeleton import Skeleton
from tracking.session.edit_plan import EditedResult, EditPlan, with_smoothed
from tracking.session.edits import MAX_SCALE, ChooseSmoothing, SetDrawing, SetMark
from tracking.session.format import SessionHeader
from tracking.session.resmoothing import SmoothedPerson, SmoothedRun, smooth_again
from tracking.session.session import Session
from tracking.time_span import ALL_TIME, TimeSpan
from tracking.types import FrameResult


class EditedSession:
    """The results of a session with its edits, as shown and exported. Used by one thread at a time.

    Smoothing made again (`ChooseSmoothing`) takes about a second for each minute of video; `refresh` does it, which a
    window calls in a thread of its own when `needs_smoothing` says so. Until then joints are as they were tracked.
    """

    def __init__(
        self,
        session: Session,
        *,
        smoothing: ChooseSmoothing | None = None,
        metres_per_pixel: float | None = None,
        whole: bool = False,
        span: TimeSpan = ALL_TIME,
    ) -> None:
        """`smoothing` and `metres_per_pixel` count instead of those among the edits (call `refresh` to make the
        smoothing). whole: exports go beyond in and out point. span: exports keep to it."""
        self.stored = session
        self._metres_per_pixel = metres_per_pixel
        self._whole = whole
        self._span = span
        self._smoothing = () if smoothing is None else (smoothing,)
        self.plan = EditPlan(())
        self._smoothed = SmoothedRun()
        self._smoothed_for: object = None
        self.refresh(smooth=False)

    @property
    def header(self) -> SessionHeader:
        """How the results came to be."""
        return self.stored.header

    @property
    def skeleton(self) -> Skeleton:
        """Names and order of the joints."""
        return self.stored.header.skeleton

    @property
    def is_edited(self) -> bool:
        """Whether anything was changed since it was tracked."""
        return bool(self.stored.edits() or self._smoothing)

    @property
    def names(self) -> Mapping[int, str]:
        """Names given to people, by id."""
        return self.plan.names

    @property
    def marks(self) -> tuple[SetMark, ...]:
        """The marks, by frame."""
        return self.plan.marks

    @property
    def drawings(self) -> tuple[SetDrawing, ...]:
        """What was drawn over the picture by hand."""
        return self.plan.drawings

    @property
    def metres_per_pixel(self) -> float | None:
        """The scale from a length drawn in the picture, or from the notes of the header; None when not known."""
        if self._metres_per_pixel is not None:
            return self._metres_per_pixel
        noted = self.header.notes.get("metres_per_pixel")
        known = isinstance(noted, int | float) and 0 < noted < MAX_SCALE
        return self.plan.metres_per_pixel or (float(noted) if known else None)  # type: ignore[arg-type]

    @property
    def is_alone(self) -> bool:
        """Whether it is about one person, so that nobody knows where others are."""
        return self.plan.only is not None or self.header.run_settings.only is not None

    def name(self, track_id: int) -> str:
        """The name of a person, or `Person 3`."""
        return self.plan.names.get(track_id, f"Person {track_id}")

    @property
    def next_id(self) -> int:
        """A number that no person has or had, for a split."""
        plan = EditPlan(self.stored.edits())
        return max(plan.counted(self.stored.last_track_id), plan.last_id) + 1

    @property
    def wanted_smoothing(self) -> object:
        """What the smoothing that the edits ask for depends on; None when joints stay as tracked."""
        return self._wanted(self.plan)

    @property
    def needs_smoothing(self) -> bool:
        """Whether the edits ask for smoothing that was not made yet."""
        return self.wanted_smoothing != self._smoothed_for

    def refresh(self, *, smooth: bool = True, cancelled: Callable[[], bool] = lambda: False) -> bool:
        """Takes over the edits as they are in the session now, and makes the smoothing that they ask for.

        Without `smooth` it is done at once, and joints stay as tracked. With it, it may run in a thread of its own
        while the session is used: the joints change when it is done. False when it was cancelled.
        """
        plan = EditPlan((*self._smoothed_at_the_end(), *self.stored.edits(), *self._smoothing))
        self.plan, wanted = plan, self._wanted(plan)
        if wanted is None:
            self._smoothed, self._smoothed_for = SmoothedRun(), None
        if not smooth or plan.smoothing is None or wanted == self._smoothed_for:
            return True
        make = partial(_smoothed, self.stored, plan, plan.smoothing, cancelled)
        smoothed = self.stored.last_smoothing.get(wanted, make, cancelled)
        if smoothed is not None and plan is self.plan:
            self._smoothed, self._smoothed_for = smoothed, wanted
        return smoothed is not None

    def result(self, frame_index: int) -> FrameResult | None:
        """The frame with the edits in it; None where nothing was tracked (yet)."""
        edited = self.edited(frame_index)
        return None if edited is None else edited.result

    def edited(self, frame_index: int, *, keep_hidden: bool = False) -> EditedResult | None:
        """The frame with the edits, and which rows they changed."""
        tracked = self.stored.result(frame_index)
        return None if tracked is None else self._edit(tracked, keep_hidden)

    def results(self, start: int = 0, end: int | None = None, *, keep_hidden: bool = False) -> Iterator[EditedResult]:
        """Frames with start <= frame_index < end, in order."""
        for tracked in self.stored.results(start, end):
            yield self._edit(tracked, keep_hidden)

    def smoothed_anew(self, person: int) -> SmoothedPerson:
        """One person's joints where they were made again; joints set by hand are not among them."""
        return self._smoothed.of_person(person)

    @property
    def exported_span(self) -> TimeSpan:
        """What exports write: all between in and out point, as far as it was asked for."""
        return self._span if self._whole else self.plan.span.within(self._span)

    @property
    def exported_frames(self) -> tuple[int, int]:
        """(start, end): these are the frames with start <= frame_index < end."""
        inside, indices = self.exported_span.indices(self.stored.frame_times()), self.stored.frame_indices()
        return (int(indices[inside.start]), int(indices[inside.stop - 1]) + 1) if inside else (0, 0)

    def exported(self, tick: Callable[[int], object] = lambda _done: None) -> Iterator[EditedResult]:
        """What exports write: frames between the in and the out point, without hidden people, in order. tick(done):
        told how many have been dealt with after each."""
        span, done = self.exported_span, 0
        for tracked in self.stored.results():
            if span.is_over(tracked.time_s):
                return
            if span.has_begun(tracked.time_s):
                yield self._edit(tracked, False)
                done += 1
                tick(done)

    def _edit(self, tracked: FrameResult, keep_hidden: bool) -> EditedResult:
        identified, hands = self.plan.identified(tracked)
        smoothed = self._smoothed.get(tracked.frame_index)
        if smoothed is not None and len(smoothed[0]) == len(identified):
            identified = EditedResult(with_smoothed(identified.result, *smoothed), identified.edited)
        return self.plan.set_by_hand(identified, hands, keep_hidden=keep_hidden)

    def _smoothed_at_the_end(self) -> tuple[ChooseSmoothing, ...]:
        """The smoothing that looks ahead is made when a run is over; while it ran, the filter stood in for it."""
        smoothing = self.stored.header.run_settings.smoothing
        if not smoothing.looks_ahead or not self.stored.complete:
            return ()
        return (ChooseSmoothing.of(smoothing),)

    def _wanted(self, plan: EditPlan) -> object:
        if plan.smoothing is None:
            return None
        return plan.smoothing, plan.identity_edits, self.stored.frame_count


def _smoothed(
    session: Session, plan: EditPlan, choice: ChooseSmoothing, cancelled: Callable[[], bool]
) -> SmoothedRun | None:
    ids = array("q")

    def identified() -> Iterator[FrameResult]:
        for tracked in session.results():
            if not cancelled():
                result = plan.identified(tracked)[0].result
                ids.extend(result.tracks.ids.tolist())
                yield result

    settings = choice.on(session.header.run_settings.smoothing)
    smoothed = SmoothedRun(smooth_again(identified(), settings), ids)
    return None if cancelled() else smoothed
