"""The ecosystem that most tests look at, and a model of it."""

import pytest

from matching import Dataset, Model, fit
from tests.matching.ecosystems import ecosystem


@pytest.fixture(scope="session")
def world() -> Dataset:
    """420 companies, 70 investors, five years."""
    return ecosystem()


@pytest.fixture(scope="session")
def fitted(world: Dataset) -> Model:
    """A model of the ecosystem."""
    return fit(world)
