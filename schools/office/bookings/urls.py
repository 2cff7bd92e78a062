"""Pages of the room: booking, a visit, moving it, whom to tell, many at once."""

from schools.office.bookings.views import (
    batches,
    booking,
    bulk,
    dates,
    days_off,
    guests,
    handing_over,
    moving,
    packs,
    requests,
    telling,
    visits,
)
from schools.office.frame.routes import form, page

urlpatterns = [
    page("book/", booking.find_school, "book"),
    form("book/<int:school_id>/", booking.book, "book-at"),
    form("visit/<int:visit_id>/", visits.detail, "visit-detail"),
    form("visit/<int:visit_id>/edit/", visits.edit, "visit-edit"),
    form("visit/<int:visit_id>/move/", moving.move_visit, "visit-move"),
    form("visit/<int:visit_id>/add/", booking.add, "visit-add"),
    page("visit/<int:visit_id>/guests/", guests.guests, "visit-guests"),
    page("school/<int:school_id>/dates/", dates.offer, "offer-dates"),
    page("visit/<int:visit_id>/dates/", dates.offer_to_move, "visit-dates"),
    page("request/<int:request_id>/", requests.detail, "request-detail"),
    page("pack/<int:item_id>/file/", packs.pack_file, "pack-file"),
    form("tell/", telling.tell, "tell"),
    page("bulk/", bulk.index, "bulk"),
    form("bulk/confirm/", bulk.confirm_many, "bulk-confirm"),
    form("bulk/cancel-day/", days_off.call_off, "bulk-snow"),
    form("bulk/reassign/", bulk.reassign, "bulk-reassign"),
    form("bulk/hand-over/", handing_over.hand_over, "bulk-hand-over"),
    form("bulk/chase/", bulk.chase, "bulk-chase"),
    form("batch/<int:batch_id>/", batches.detail, "batch"),
]
