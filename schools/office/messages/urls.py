"""Addresses of the room messages: the log, and the text of one message."""

from schools.office.frame.routes import page
from schools.office.messages.views import log

urlpatterns = [
    page("messages/", log.log, "messages"),
    page("messages/<int:message_id>/", log.text, "message"),
]
