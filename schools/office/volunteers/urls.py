"""Pages of the office: a volunteer."""

from schools.office.frame.routes import page
from schools.office.volunteers import views

urlpatterns = [
    page("volunteer/<int:volunteer_id>/", views.detail, "volunteer-detail"),
]
