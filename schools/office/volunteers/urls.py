"""Addresses of the room volunteers: a volunteer's page, inviting many, and entries that are one person."""

from schools.office.frame.routes import form, page
from schools.office.volunteers import erasing_views, held_views, inviting, joining, merge_views, views

urlpatterns = [
    form("volunteer/add/", joining.add, "volunteer-add"),
    page("volunteer/<int:volunteer_id>/", views.detail, "volunteer-detail"),
    page("duplicates/", merge_views.duplicates, "duplicates"),
    page("duplicates/<slug:kind>/<int:kept_id>/<int:gone_id>/", merge_views.merge, "merge"),
    page("merged/<int:merge_id>/", merge_views.merged, "merged"),
    page("erasures/", erasing_views.erasures, "erasures"),
    page("erase/<slug:kind>/<int:person_id>/", erasing_views.erase_person, "erase"),
    page("erased/<int:erasure_id>/", erasing_views.erased, "erased"),
    page("held/", held_views.held, "held"),
    page("held/request/<int:access_id>/", held_views.held_request, "held-request"),
    page("held/<slug:kind>/<int:person_id>/", held_views.held_person, "held-person"),
    page("kept/", held_views.kept, "kept"),
    page("invite/", inviting.invite_many, "invite"),
]
