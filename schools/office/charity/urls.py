"""Addresses of the room charity."""

from schools.office.charity import text_views, views
from schools.office.frame.routes import page

urlpatterns = [
    page("charity/", views.detail, "charity"),
    page("charity/texts/<str:key>/", text_views.detail, "public-text"),
]
