"""Addresses of the room volunteers: a volunteer's page, inviting many, and entries that are one person."""

from schools.office.frame.routes import form, page
from schools.office.volunteers.views import erasing, held, inviting, joining, merging, volunteers

urlpatterns = [
    form("volunteer/add/", joining.add, "volunteer-add"),
    page("volunteer/<int:volunteer_id>/", volunteers.detail, "volunteer-detail"),
    page("duplicates/", merging.duplicates, "duplicates"),
    page("duplicates/<slug:kind>/<int:kept_id>/<int:gone_id>/", merging.merge, "merge"),
    page("merged/<int:merge_id>/", merging.merged, "merged"),
    page("erasures/", erasing.erasures, "erasures"),
    page("erase/<slug:kind>/<int:person_id>/", erasing.erase_person, "erase"),
    page("erased/<int:erasure_id>/", erasing.erased, "erased"),
    page("held/", held.held, "held"),
    page("held/request/<int:access_id>/", held.held_request, "held-request"),
    page("held/<slug:kind>/<int:person_id>/", held.held_person, "held-person"),
    page("kept/", held.kept, "kept"),
    page("invite/", inviting.invite_many, "invite"),
]
