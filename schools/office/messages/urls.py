"""Addresses of the room messages: the log, the text of one message, mail that was stopped, and the texts that mails say."""

from schools.office.frame.routes import page
from schools.office.messages.views import log, stopped, texts

urlpatterns = [
    page("messages/", log.log, "messages"),
    page("messages/<int:message_id>/", log.text, "message"),
    page("running/mail/", stopped.stopped_mail, "stopped-mail"),
    page("messages/texts/", texts.index, "message-texts"),
    page("messages/texts/<str:key>/", texts.detail, "message-text"),
]
