"""Sandboxes to drive."""

import pytest

from .driving import Driver, driver


@pytest.fixture
def studio() -> Driver:
    return driver()


@pytest.fixture
def empty() -> Driver:
    return driver("empty")
