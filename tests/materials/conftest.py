"""An area with a store."""

import pytest

from schools import models
from tests import factories
from tests.materials.stores import store_in


@pytest.fixture
def area(db: None) -> models.Area:
    return factories.AreaFactory()


@pytest.fixture
def office(area: models.Area) -> models.Store:
    return store_in(area, name="Office")
