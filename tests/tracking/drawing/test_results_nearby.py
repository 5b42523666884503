"""Who is near in time to a picture, out of a session that begins later and is edited."""

import numpy as np

from tests.results import made_header, made_result
from tracking.drawing.privacy import AHEAD_S, CARRY_S
from tracking.drawing.results_nearby import ResultsNearby
from tracking.session.edits import DeletePerson, HidePerson
from tracking.session.session import Session
from tracking.types import Frame


def test_everybody_a_moment_before_and_after_whatever_the_edits_say(tmp_path):
    with Session.create(tmp_path / "a_session.ppnet", made_header()) as session:
        for index in range(50, 150):
            session.append(made_result(index, (1, 2)))
        for edit in (HidePerson(1), DeletePerson(2)):
            session.add_edit(edit)
        near = ResultsNearby.of(session)
        for index in (50, 51, 120, 110, 149, 60):
            results = near(Frame(index, index / 30, np.zeros((4, 4, 3), np.uint8)))
            times = [result.time_s for result in results]
            assert times[0] == max(50 / 30, min(times)) and index in [result.frame_index for result in results]
            first, last = max(50, index - 30 * CARRY_S), min(149, index + 30 * AHEAD_S)
            assert abs(results[0].frame_index - first) <= 1 and abs(results[-1].frame_index - last) <= 1
            assert all(result.tracks.ids.tolist() == [1, 2] for result in results)


def test_nothing_is_near_in_an_empty_session(tmp_path):
    with Session.create(tmp_path / "a_session.ppnet", made_header()) as session:
        assert ResultsNearby.of(session)(Frame(0, 0.0, np.zeros((4, 4, 3), np.uint8))) == ()
