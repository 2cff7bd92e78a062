"""The views of the portal, grouped by noun."""

from schools.portal.views.answers import answer
from schools.portal.views.calendars import calendar, calendar_address, calendar_feed, calendar_file
from schools.portal.views.device import manifest, phone, received, service_worker, token
from schools.portal.views.guides import guide
from schools.portal.views.looks import looks
from schools.portal.views.me import away, away_end, change_address, duty_contact, language, me, my_data, profile, sms, week
from schools.portal.views.mornings import give_back, home, morning_detail, swap_morning, told
from schools.portal.views.observing import observe, observe_morning
from schools.portal.views.onboarding import address_change, agreement, invitation
from schools.portal.views.opening import open_list, take
from schools.portal.views.opting_out import opt_out
from schools.portal.views.outcomes import day_outcome, day_reported, outcome, session_detail
from schools.portal.views.public import accessibility, cookies, privacy
from schools.portal.views.ways_back import my_way_back, way_back

__all__ = [
    "accessibility",
    "address_change",
    "agreement",
    "answer",
    "away",
    "away_end",
    "calendar",
    "calendar_address",
    "calendar_feed",
    "calendar_file",
    "change_address",
    "cookies",
    "day_outcome",
    "day_reported",
    "duty_contact",
    "give_back",
    "guide",
    "home",
    "invitation",
    "language",
    "looks",
    "manifest",
    "me",
    "morning_detail",
    "my_data",
    "my_way_back",
    "observe",
    "observe_morning",
    "open_list",
    "opt_out",
    "outcome",
    "phone",
    "privacy",
    "profile",
    "received",
    "service_worker",
    "session_detail",
    "sms",
    "swap_morning",
    "take",
    "token",
    "told",
    "way_back",
    "week",
]
