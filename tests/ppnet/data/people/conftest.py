"""Rendering needs the optional extra; without it these tests are skipped, saying so."""

from importlib.util import find_spec

import numpy as np
import pytest

RENDERS = find_spec("anny") is not None


class _NotHere(pytest.Module):
    def collect(self):
        pytest.skip('rendering needs: pip install "ppnet-live[render]"', allow_module_level=True)


def pytest_pycollect_makemodule(module_path, parent):
    """The modules of this folder can't even be imported without the extra."""
    return None if RENDERS else _NotHere.from_parent(parent, path=module_path)


@pytest.fixture(scope="session")
def man():
    """One plain adult in plain clothes, the same in every test."""
    from ppnet.data.people.body import Phenotype
    from ppnet.data.people.figure import Figure
    from ppnet.data.people.outfit import Outfit

    who = Phenotype(0.0, 30.0)
    rng = np.random.default_rng(3)
    return Figure(who, Outfit.sample(rng, who))
