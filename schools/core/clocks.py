"""What tells the time to work that goes on while time passes, such as delivering many messages."""

from collections.abc import Callable
from datetime import datetime

type Clock = Callable[[], datetime]
"""Returns the time now; work that takes long asks it again and again instead of being given one `now`."""
