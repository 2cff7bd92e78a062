"""Tells a Sentry of errors, where one is set: where in the code, and nothing about anybody."""

from typing import Any

from schools.core.request_notes import NOBODY, current_notes

KEPT = {
    "contexts", "environment", "event_id", "exception", "fingerprint", "level", "logger", "modules", "platform", "release", "sdk",
    "server_name", "timestamp", "transaction", "transaction_info",
}  # fmt: skip
"""What stays of an event. Bodies, cookies, queries, addresses, breadcrumbs and variables are not among it."""


def without_personal_data(event: Any, _: dict[str, Any]) -> Any:
    """Return what may be sent: which code broke, on which route, in which request, and the id of who was signed in.

    The words of an exception are left out, because a database quotes the values of a row in them.
    """
    kept: dict[str, Any] = {name: value for name, value in event.items() if name in KEPT}
    for broken in (kept.get("exception") or {}).get("values") or []:
        broken["value"] = ""
        for frame in (broken.get("stacktrace") or {}).get("frames") or []:
            frame.pop("vars", None)
    if template := (event.get("logentry") or {}).get("message"):
        kept["logentry"] = {"message": template}
    notes = current_notes()
    kept["tags"] = {"request_id": notes.request_id}
    if notes.person != NOBODY:
        kept["user"] = {"id": notes.person}
    return kept


def start_reporting(dsn: str, *, transport: Any = None) -> None:
    """Report errors to the Sentry of this address from now on; `transport` takes its place in tests."""
    import sentry_sdk
    from sentry_sdk.integrations.django import DjangoIntegration
    from sentry_sdk.integrations.logging import ignore_logger
    from sentry_sdk.integrations.stdlib import StdlibIntegration

    ignore_logger("django.security.DisallowedHost")
    sentry_sdk.init(
        dsn=dsn,
        transport=transport,
        integrations=[DjangoIntegration(transaction_style="function_name", middleware_spans=False)],
        # It would tell every program that this one starts, as the reader of files, which request it belongs to.
        disabled_integrations=[StdlibIntegration()],
        before_send=without_personal_data,
        # In place of send_default_pii=False, which it brings along and which later versions of the library lack.
        data_collection={
            "user_info": False,
            "cookies": {"mode": "off"},
            "http_headers": {"request": {"mode": "off"}},
            "http_bodies": [],
            "url_query_params": {"mode": "off"},
            "database_query_data": False,
            "stack_frame_variables": False,
        },
        max_breadcrumbs=0,
        auto_session_tracking=False,
        send_client_reports=False,
    )
