"""The portal's pages."""

from datetime import date

from django.urls import path, register_converter

from schools.portal import views


class DayConverter:
    """A day in a path, such as 2026-11-26; a day that does not exist is no such page."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        """The day; ValueError makes it a 404."""
        return date.fromisoformat(value)

    def to_url(self, value: date) -> str:
        """Its ISO form."""
        return value.isoformat()


register_converter(DayConverter, "day")

urlpatterns = [
    path("", views.home, name="home"),
    path("open/", views.open_list, name="open-list"),
    path("open/<int:visit_id>/<day:day>/", views.take, name="take"),
    path("me/", views.me, name="me"),
    path("mornings/<int:visit_id>/<day:day>/", views.morning_detail, name="morning"),
    path("mornings/<int:visit_id>/<day:day>/give-back/", views.give_back, name="give-back"),
    path("mornings/<int:visit_id>/<day:day>/told/", views.told, name="told"),
    path("sessions/<int:session_id>/", views.session_detail, name="session-detail"),
    path("sessions/<int:session_id>/outcome/", views.outcome, name="session-outcome"),
]
