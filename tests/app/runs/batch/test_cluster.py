"""One task on a cluster, whose scheduler is a stand-in here; with a real one see `test_workplaces.py`."""

from types import SimpleNamespace

import pytest

from app.runs.batch.cluster import OnCluster, cluster_places
from app.runs.outputs import OutputFolder
from ppnet.errors import UserError
from tracking.run_settings import RunSettings


class LostScheduler:
    """Takes no task; knows who listens."""

    def __init__(self):
        self.topics = []

    def subscribe_topic(self, name, _hear):
        self.topics.append(name)

    def unsubscribe_topic(self, name):
        self.topics.remove(name)

    def submit(self, *_words, **_options):
        assert self.topics
        raise OSError("the scheduler is gone")


def test_a_task_that_fails_leaves_nobody_listening(tmp_path, monkeypatch):
    monkeypatch.setattr("app.runs.batch.cluster.load", lambda *_names: SimpleNamespace(Event=lambda *_a, **_k: None))
    client = LostScheduler()
    with pytest.raises(UserError, match=r"a\.mp4 could not be tracked on the cluster \(the scheduler is gone\)"):
        OnCluster(client, RunSettings()).track("a.mp4", OutputFolder(tmp_path).paths_for("a.mp4"), lambda *_far: True)
    assert not client.topics


@pytest.mark.parametrize("address", ["here", "tcp://here", "here://host:8786", "tcp://host:port", ""])
def test_what_is_no_address_is_said_before_anything_is_asked(address, monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(distributed, "Client", None)
    with pytest.raises(UserError, match="--scheduler is the address of a Dask scheduler, such as tcp://"):
        cluster_places(RunSettings(), address)
