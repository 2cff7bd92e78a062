"""The form about how a visit day went, which portal and office share."""

from schools.delivery.forms.day import DayForm, Keys, Problem, sessions_shown, typed_for_others
from schools.delivery.forms.earlier import as_day, key_as_sent
from schools.delivery.forms.sessions import LATER
from schools.delivery.forms.whole_day import KEY

__all__ = ["KEY", "LATER", "DayForm", "Keys", "Problem", "as_day", "key_as_sent", "sessions_shown", "typed_for_others"]
