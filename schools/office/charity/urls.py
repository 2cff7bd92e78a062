"""Addresses of the room charity."""

from schools.office.charity.views import charity, texts
from schools.office.frame.routes import page

urlpatterns = [
    page("charity/", charity.detail, "charity"),
    page("charity/texts/<str:key>/", texts.detail, "public-text"),
]
