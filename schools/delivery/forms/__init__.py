"""The form about how a visit day went, which portal and office share."""

from schools.delivery.forms.day import DayForm, Keys, Problem
from schools.delivery.forms.earlier import as_day, key_as_sent
from schools.delivery.forms.sessions import COUNTED, LATER
from schools.delivery.forms.whole_day import KEY

__all__ = ["COUNTED", "KEY", "LATER", "DayForm", "Keys", "Problem", "as_day", "key_as_sent"]
