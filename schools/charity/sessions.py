"""Django's sessions in the database; the query that reads one brings the facts about the charity along."""

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.utils import timezone

from schools.charity.queries import keep, with_session


class SessionStore(DatabaseSessionStore):
    """The sessions of django.contrib.sessions.backends.db: same table, same cookies."""

    def load(self) -> dict[str, Any]:
        """Return what the session holds, and keep the facts about the charity for this request; {} without a valid session."""
        rows = self.model.objects.annotate(charity=with_session())
        try:
            row = rows.get(session_key=self.session_key, expire_date__gt=timezone.now())
        except self.model.DoesNotExist:
            self._session_key = None
            return {}
        keep(row.charity)
        return self.decode(row.session_data)
