"""What every test may use."""

from datetime import UTC, date, datetime

import pytest


@pytest.fixture
def today() -> date:
    """Tuesday 24 November 2026, the day on which tests take place."""
    return date(2026, 11, 24)


@pytest.fixture
def now() -> datetime:
    """08:50 on that day."""
    return datetime(2026, 11, 24, 8, 50, tzinfo=UTC)
