"""Pages of the room: a session, its visit day, its outcome, corrections, the tally sheet."""

from schools.office.frame.routes import form, page
from schools.office.sessions.views import attending, correcting, days, dropping, observing, outcomes, sessions, taking_off, tally

urlpatterns = [
    form("session/<int:session_id>/edit/", correcting.edit, "session-edit"),
    page("session/<int:session_id>/people/", attending.detail, "session-people"),
    page("observing/", observing.observing, "observing"),
    page("visit/<int:visit_id>/<day:day>/", days.detail, "visit-day"),
    page("visit/<int:visit_id>/<day:day>/cannot/<int:volunteer_id>/", dropping.detail, "drop-out"),
    page("visit/<int:visit_id>/<day:day>/off/<int:volunteer_id>/", taking_off.detail, "take-off"),
    page("visit/<int:visit_id>/<day:day>/tally/", tally.sheet, "tally-sheet"),
    page("session/<int:session_id>/", sessions.detail, "session-detail"),
    form("visit/<int:visit_id>/<day:day>/outcome/", outcomes.day_outcome, "day-outcome"),
    page("session/<int:session_id>/outcome/", outcomes.outcome, "session-outcome"),
]
