"""What tests of everybody in a session stand on."""

import pytest

from tests.results import made_header
from tracking.session.session import Session


@pytest.fixture
def sightings_of(tmp_path):
    """Of results: what their session tells of who is where."""

    def of(results):
        with Session.create(tmp_path / "a_session.ppnet", made_header()) as session:
            for result in results:
                session.append(result)
            return session.sightings()

    return of
