"""Who may open each URL and each table of the office, stated by hand; tests/test_audience.py opens them as every role."""

import re

ROLES = {
    "M": "manager",
    "C": "coordinator of the area",
    "O": "coordinator of another area",
    "A": "analyst",
    "V": "volunteer on the session",
    "S": "stranger",
}
"""The rows of the test's world are in the area of C; where a URL is of V's own, V covers the session."""

QUERIES = {"admin:autocomplete": "?app_label=schools&model_name=contact&field_name=school"}
"""What a URL needs to be asked with."""

EVERYBODY = "MCOAVS"
SIGNED_IN = "MCOAV"
STAFF = "MCOA"

AUDIENCE = {
    # The portal: people who volunteer; others read that these pages are not theirs.
    "home": "V",
    "open-list": "V",
    "take": "V",
    "morning": "V",
    "give-back": "V",
    "told": "V",
    "session-detail": "V",
    "session-outcome": "V",
    "day-outcome": "V",
    "day-reported": "V",
    "swap": "V",
    "calendar": "V",
    "calendar-file": "V",
    "observe": "V",
    "observe-morning": SIGNED_IN,  # by POST alone, as the next
    "calendar-address": SIGNED_IN,  # by POST alone: anything else is refused before it is asked who it is
    "week": "V",
    "away": "V",
    "away-end": SIGNED_IN,  # likewise
    "profile": "V",
    "agreement": "V",
    "me": SIGNED_IN,
    "volunteer-guide": SIGNED_IN,
    "change-address": SIGNED_IN,
    "duty-contact": "MCO",
    "sms": "",  # no page while no SMS go
    "language": "",  # no page until there is a second language
    "looks": "V",
    "my-data-json": SIGNED_IN,
    "my-data-csv": SIGNED_IN,
    "invitation": EVERYBODY,  # the secret in the link lets in
    "way-back": EVERYBODY,  # the signed link says for whom and what for
    "my-way-back": SIGNED_IN,
    "address-change": EVERYBODY,
    "opt-out": EVERYBODY,  # the signed link says whose mails of which kind
    "school-visit": EVERYBODY,  # likewise, at a school
    "school-dates": EVERYBODY,  # likewise
    "school-change": EVERYBODY,
    "school-pack": EVERYBODY,
    "school-pack-file": EVERYBODY,
    "school-certificate": EVERYBODY,
    "school-contact": EVERYBODY,
    "school-roll": EVERYBODY,
    "school-site": EVERYBODY,
    "school-contact-confirm": EVERYBODY,  # the signed link says whom a school named
    "ask": EVERYBODY,  # schools ask for a visit without an account
    "ask-area": EVERYBODY,
    "ask-school": EVERYBODY,
    "ask-unlisted": EVERYBODY,
    "ask-sent": EVERYBODY,
    "ask-confirm": EVERYBODY,  # the signed link says which request
    "answer": EVERYBODY,  # whoever has the link of a mail
    "privacy": EVERYBODY,
    "accessibility": EVERYBODY,
    "cookies": EVERYBODY,
    "manifest": EVERYBODY,
    "service-worker": EVERYBODY,
    "phone": EVERYBODY,  # it holds nothing; the phone fills it
    "phone-token": EVERYBODY,
    "phone-received": SIGNED_IN,  # of their own reports alone
    "calendar-feed": "",  # nobody here has made an address
    # The office's own pages.
    "admin:index": STAFF,
    "admin:find": STAFF,  # rows of their own areas, and pages that they may open
    "admin:find-options": STAFF,
    "admin:book": "MCO",
    "admin:calendar": "MCO",
    "admin:week-board": "MCO",  # rows of their own areas
    "admin:calendar-ics": "MCO",
    "admin:calendar-address": "MCO",
    "admin:calendar-feed": "",  # nobody here has made an address
    "admin:due": "MCO",
    "admin:due-csv": "MCO",
    "admin:due-xlsx": "MCO",
    "admin:calls": "MCO",  # the schools of their own areas
    "admin:call": "MC",
    "admin:school-group": "MC",
    "admin:log-talk": "MC",
    "admin:book-at": "MC",
    "admin:visit-detail": "MC",
    "admin:visit-day": "MC",
    "admin:drop-out": "MC",
    "admin:take-off": "MC",
    "admin:observing": "MCO",
    "admin:tally-sheet": "MC",
    "admin:visit-edit": "MC",
    "admin:request-detail": "MC",
    "admin:offer-dates": "MC",
    "admin:visit-dates": "MC",
    "admin:visit-move": "MC",
    "admin:visit-add": "MC",
    "admin:visit-guests": "MC",
    "admin:session-edit": "MC",
    "admin:session-people": "MC",
    "admin:pack-file": "MCO",
    "admin:tell": "MCO",
    "admin:stand-ins": "MCO",  # one’s own; managers all
    "admin:messages": "MCO",  # about their own visits, schools and volunteers
    "admin:message": "MC",
    "admin:message-texts": "M",
    "admin:message-text": "M",
    "admin:bulk": "MCO",
    "admin:bulk-confirm": "MCO",
    "admin:bulk-snow": "MCO",
    "admin:bulk-reassign": "MCO",
    "admin:bulk-hand-over": "M",
    "admin:bulk-chase": "MCO",
    "admin:batch": "M",  # the managers, and whoever did it
    "admin:volunteer-add": "MCO",
    "admin:volunteer-detail": "MC",
    "admin:duplicates": "MCO",
    "admin:merge": "MC",
    "admin:merged": "MC",
    "admin:erasures": "M",
    "admin:erase": "M",
    "admin:erased": "M",
    "admin:held": "M",
    "admin:held-person": "M",
    "admin:held-request": "M",
    "admin:locked-out": "M",
    "admin:locked-out-person": "M",
    "admin:locked-out-request": "M",
    "admin:trustees": "M",
    "admin:kept": "M",
    "admin:session-detail": "MC",
    "admin:session-outcome": "MC",
    "admin:day-outcome": "MC",
    # Stock: stores, pieces and sessions are the coordinator's own; the lists open with their own rows.
    "admin:session-kit": "MC",
    "admin:parcels": "MC",
    "admin:stock": "MCO",
    "admin:store-stock": "MC",
    "admin:stock-take": "MC",
    "admin:picking-list": "MC",
    "admin:picking-csv": "MC",
    "admin:material-story": "MCO",
    "admin:equipment": "MCO",
    "admin:piece": "MC",
    "admin:labels": "MCO",
    "admin:shortages": "MCO",
    "admin:forecast": "MCO",
    "admin:materials-used": "MCO",
    "admin:materials-used-csv": "MCO",
    "admin:school-detail": "MC",
    "admin:charity": "M",
    "admin:public-text": "M",
    "admin:registers": "M",
    "admin:running": "M",
    "admin:stopped-mail": "M",
    "admin:unreachable": "MCO",
    "admin:register-run": "M",
    "admin:imports": "MCO",  # the imports of one's own
    "admin:import-run": "MC",
    "admin:invite": "MCO",  # volunteers of their own areas
    "admin:reach": STAFF,  # a coordinator's own areas
    "admin:reach-csv": STAFF,
    "admin:reach-xlsx": STAFF,
    "admin:reach-behind": STAFF,  # lines of their own areas
    "admin:reach-pictures": STAFF,
    "admin:reach-cold-spots": STAFF,
    "admin:dose": STAFF,  # a coordinator's own areas
    "admin:dose-csv": STAFF,
    "admin:dose-xlsx": STAFF,
    "admin:dose-behind": STAFF,
    "admin:feedback": STAFF,  # likewise
    "admin:feedback-csv": STAFF,
    "admin:feedback-behind": STAFF,
    "admin:doubts": "MCO",
    "admin:feeders": "MCO",  # of a coordinator's own junior schools
    "admin:reach-readers": "M",
    "admin:returns": STAFF,  # of the areas that one may see
    "admin:return-detail": "MCA",
    "admin:return-close": "M",
    "admin:return-sign-off": "MC",
    "admin:return-figures": "MCA",
    "admin:return-sessions": "MCA",
    "admin:return-bundle": "MCA",  # of a closed return
    "admin:publications": STAFF,  # what is public anyway
    "admin:publication-files": STAFF,
    "admin:reach-sessions-csv": STAFF,
    "admin:reach-sessions-xlsx": STAFF,
    "admin:authority-move": "M",
    "admin:area-add": "M",
    "admin:area-detail": "MC",
    "admin:area-poster": "MC",
    "admin:guides": STAFF,
    "admin:guide": STAFF,
    # What the stock admin has beside its tables.
    "admin:app_list": "MCO",
    "admin:autocomplete": "MCO",
    "admin:jsi18n": STAFF,
    "admin:login": STAFF,  # who is signed in goes on; a stranger is led to the sign-in page
    "admin:logout": SIGNED_IN,
    "admin:password_change": STAFF,
    "admin:password_change_done": STAFF,
    "admin:view_on_site": "",  # no row has a page outside the office
    "admin:": "",  # what is none of the above
    # Signing in; pages with nothing to do there lead on.
    "account_change_password": SIGNED_IN,
    "account_confirm_email": EVERYBODY,
    "account_confirm_login_code": SIGNED_IN,
    "account_email": SIGNED_IN,
    "account_email_verification_sent": EVERYBODY,
    "account_inactive": EVERYBODY,
    "account_login": EVERYBODY,
    "account_logout": SIGNED_IN,
    "account_reauthenticate": SIGNED_IN,
    "account_request_login_code": EVERYBODY,
    "account_reset_password": EVERYBODY,
    "account_reset_password_done": EVERYBODY,
    "account_reset_password_from_key": EVERYBODY,
    "account_reset_password_from_key_done": EVERYBODY,
    "account_set_password": SIGNED_IN,
    "account_signup": EVERYBODY,  # says that it is closed
    "mfa_activate_totp": SIGNED_IN,
    "mfa_add_webauthn": SIGNED_IN,
    "mfa_authenticate": SIGNED_IN,
    "mfa_deactivate_totp": "",  # nobody here has a second factor yet
    "mfa_download_recovery_codes": "",
    "mfa_generate_recovery_codes": SIGNED_IN,
    "mfa_index": SIGNED_IN,
    "mfa_list_webauthn": SIGNED_IN,
    "mfa_login_webauthn": SIGNED_IN,
    "mfa_remove_webauthn": SIGNED_IN,  # asks for the password again first
    "mfa_edit_webauthn": SIGNED_IN,
    "mfa_reauthenticate_webauthn": SIGNED_IN,
    "usersessions_list": SIGNED_IN,
    "openid_connect_login": EVERYBODY,  # where the settings name a provider; else nobody (tests/accounts/test_single_sign_on.py)
    "openid_connect_callback": "",  # refuses what the provider was not asked in the same browser
    "socialaccount_login_cancelled": EVERYBODY,
    "mfa_reauthenticate": SIGNED_IN,
    "mfa_view_recovery_codes": "",
    "dose-json": "",  # as reach-json
    "reach-json": "",  # a program's token lets in, nobody's session
}
"""Who may open a URL, by its name."""

TABLES = {
    "accepted": "MCO - MC -",
    "addresschange": "M - M -",
    "agreement": "MCO M MCO -",
    "apitoken": "M - M -",
    "apiuse": "M - M -",
    "area": "MCO M MC -",
    "areaauthority": "MCO - MC -",
    "areacoordinator": "MCO M MC M",
    "authority": "MCO M MC -",
    "availability": "MCO MCO MC MC",
    "away": "MCO MCO MC MC",
    "batch": "MCO - M -",  # what a coordinator did is theirs and the managers'
    "charity": "M - M -",
    "clearance": "MCO MCO MC -",
    "schoolaccess": "M - M -",
    "schoolanswer": "MCO - MC -",
    "schoolalarm": "MCO - MC -",
    "schoolchange": "MCO - MC -",
    "feedback": "MCO - MC -",
    "visitrequest": "MCO - MC -",
    "offereddates": "MCO - MC -",
    "clearancelook": "M - M -",
    "closedperiod": "MCO - MC -",
    "confirmed": "MCO - MC -",
    "conflict": "MCO MCO MC MC",
    "columnmatch": "M - M -",
    "contact": "MCO MCO MC MC",
    "contactlog": "MCO MCO MC MC",
    "cover": "MCO - MC -",
    "feedtoken": "M - M -",
    "group": "M - M -",
    "headcount": "MCO - MC -",
    "invitation": "MCO - MC -",
    "importchange": "M - M -",
    "importfile": "M - M -",
    "importrun": "M - M -",
    "kitline": "MCO M MCO M",
    "material": "MCO M MCO -",
    "materialuse": "MCO - MC -",
    "merge": "MCO - MC -",
    "twopeople": "MCO - MC -",
    "movement": "MCO - MC -",
    "officefeed": "M - M -",
    "packed": "MCO - MC -",
    "packitem": "MCO M MCO M",
    "parcel": "MCO - MC -",
    "periodicjob": "M - M -",
    "piece": "MCO - MC -",
    "piecebooking": "MCO - MC -",
    "sessionkit": "MCO - MC -",
    "store": "MCO MCO MC -",
    "backuprun": "M - M -",
    "mailpace": "M - M -",
    "earliervalue": "M - M -",
    "erasure": "M - M -",
    "purgerun": "M - M -",
    "subjectaccess": "M - M -",
    "recovery": "M - M -",
    "recoverystep": "M - M -",
    "trustee": "M - M -",
    "messageabout": "M - M -",
    "messageto": "M - M -",
    "editedtext": "M - M -",
    "publictext": "M - M -",
    "outboxmessage": "M - M -",
    "outcomesubmission": "M - M -",
    "stocksubmission": "M - M -",
    "region": "MCO M MCO -",
    "deprivation": "M - M -",
    "postcode": "M - M -",
    "reorganisation": "M M M M",
    "restatement": "MCO - MC -",
    "return": "MCO - MC -",
    "returnrow": "MCO - MC -",
    "drift": "MCO - MC -",
    "publication": "M - M -",
    "publishedatom": "M - M -",
    "publishedplace": "M - M -",
    "publishedpupils": "M - M -",
    "roll": "MCO MCO MC MC",
    "safeguardingnotice": "MCO - MC -",
    "school": "MCO MCO MC -",
    "schoolagreement": "MCO MCO MC -",
    "schoolauthority": "MCO - MC -",
    "schoollink": "MCO - MC -",
    "session": "MCO - MC -",
    "sessiontype": "MCO M MCO -",
    "signoff": "MCO MCO MC -",
    "site": "MCO MCO MC MC",
    "signoflife": "M - M -",
    "standin": "M - M -",
    "subscription": "M - M -",
    "suppressedaddress": "MCO - MC -",
    "term": "MCO M MCO M",
    "user": "M M M -",
    "visit": "MCO MCOA MC -",
    "visittemplate": "MCO M MCO -",
    "visittemplateline": "MCO - MCO -",
    "volunteer": "MCO MCO MC -",
    "volunteerstep": "MCO - MC -",
}
"""Who may open the office's list of a table and its files, the form to add a row, a row of the area and its history, the page
that deletes it.

Another area's coordinator opens the list without the row in it. Nobody: -.
"""


def audience_of(name: str) -> str | None:
    """The roles that may open the URL; None where nobody said."""
    pages = "changelist|csv|xlsx|add|change|delete|history|simple_history"
    if found := re.fullmatch(rf"admin:(?:schools|auth)_([a-z]+)_({pages})", name):
        table, page = found.groups()
        column = {"changelist": 0, "csv": 0, "xlsx": 0, "add": 1, "delete": 3}.get(page, 2)
        return TABLES[table].split()[column].strip("-") if table in TABLES else None
    return AUDIENCE.get(name)
