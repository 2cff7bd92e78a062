"""Addresses of the room schools: a school, conversations with it, who is due."""

from schools.office.frame.routes import form, page
from schools.office.schools.views import calls, conversations, due, groups, school

urlpatterns = [
    page("due/", due.index, "due"),
    page("due/csv/", due.csv, "due-csv"),
    page("due/xlsx/", due.xlsx, "due-xlsx"),
    page("calls/", calls.calls, "calls"),
    page("school/<int:school_id>/call/", calls.call, "call"),
    form("school/<int:school_id>/talk/", conversations.log, "log-talk"),
    page("group/<slug:nation>/<slug:group_kind>/<str:code>/", groups.group, "school-group"),
    page("school/<int:school_id>/", school.detail, "school-detail"),
]
