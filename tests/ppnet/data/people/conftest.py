"""Rendering needs the optional extra; without it these tests are skipped."""

import numpy as np
import pytest

pytest.importorskip("anny", reason='rendering needs the extra packages: pip install "ppnet-live[render]"')


@pytest.fixture(scope="session")
def man():
    """One plain adult in plain clothes, the same in every test."""
    from ppnet.data.people.body import Phenotype
    from ppnet.data.people.figure import Figure
    from ppnet.data.people.outfit import Outfit

    who = Phenotype(0.0, 30.0)
    rng = np.random.default_rng(3)
    return Figure(who, Outfit.sample(rng, who))
