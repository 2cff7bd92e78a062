"""Which statements may read many rows, and why; everything else is led to its rows by an index."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Allowed:
    """Statements of pages that may read many rows of some tables at once; all three are patterns."""

    pages: str
    """Of the name of a URL, or of a job or kind of message; of the whole name."""
    tables: str
    """Of the name of a table without its app; of the whole name."""
    words: str
    """Of some words of the statement; blank: of any."""
    reason: str

    def allows(self, page: str, table: str, sql: str) -> bool:
        """Whether the page may read much of the table by this statement."""
        return bool(
            re.fullmatch(self.pages, page)
            and re.fullmatch(self.tables, table.removeprefix("schools_"))
            and re.search(self.words, sql)
        )


LISTS = r"admin:(schools|auth)_\w+_(changelist|csv|xlsx)|admin:autocomplete"
FIGURES = r"admin:(reach|dose|feedback|returns?|publications?|doubts|feeders)\b[\w-]*|(reach|dose)-json|job (drift|reach-mail)"

UNKNOWN_VALUES = (
    "That few rows are meant, PostgreSQL knows from the values of the column, of which the tests tell it nothing: an index "
    "leads to them."
)

ALLOWED = (
    Allowed(
        LISTS, r"\w+", "",
        "A list says how many rows it has and is sorted by any column, and its files hold all of them.",
    ),
    Allowed(
        FIGURES, r"\w+", "",
        "Figures count all that was done, and what is missing beside it.",
    ),
    Allowed(
        "admin:held-request|my-data-(csv|json)", r"\w+", "",
        "What is held on somebody is looked for in every table, also where nothing leads to them but their address.",
    ),
    Allowed(
        "job places", r"\w+", "",
        "Once a night every school, site and home is placed anew by what is known of postcodes then.",
    ),
    Allowed(
        "admin:kept|job purge", r"\w+", "",
        "What was kept long enough is looked for once a night, in every table that has a period; the page counts it.",
    ),
    Allowed(
        "admin:due|admin:calls?|admin:due-(csv|xlsx)", "school", r"LIMIT 251|LIMIT 1001|LIMIT 1\b",
        "The list of a whole nation goes through its schools until it has as many as can be leafed through, or knows that "
        "they are too many.",
    ),
    Allowed(
        "admin:due", "headcount|school|session|visit", r'"academic_year" >= .* LIMIT 251$',
        "Who wants the schools of a nation in the order of how due they are begins with those reached lately, when it is "
        "turned: PostgreSQL asks that of all that took place in the cycle, once for the page.",
    ),
    Allowed(
        "admin:due-(csv|xlsx)", r"\w+", "",
        "The file has every school.",
    ),
    Allowed(
        "admin:find-options", "school", r'"search_words"(::text)? LIKE .* LIMIT 6$',
        "A word of nearly every school is in the first rows that are looked at.",
    ),
    Allowed(
        "admin:duplicates", "contact", "",
        "Everybody at a school is compared with everybody else.",
    ),
    Allowed(
        ".*", "contact|postcode|school|session|visit",
        r'JSONB?_(BUILD_)?OBJECT\([^,]*, EXISTS\(SELECT [^,]*"schools_(charity|area)',
        "Whether anything is there at all is known at the first row.",
    ),
    Allowed(
        ".*", "movement|piecebooking", r'"piece_id" IS NOT NULL',
        "Where a piece is, is the sum of its movements; few things are pieces.",
    ),
    Allowed(
        "admin:bulk-(confirm|reassign|chase|snow)", "school|visit|session", "",
        "Many at once, of a whole nation: its visits are gone through until there are as many as the page shows, and counted.",
    ),
    Allowed(
        r"admin:schools_sessiontype_\w+", "session", "LIMIT 1$",
        "Whether a type was ever used is known at the first of its sessions.",
    ),
    Allowed(
        "admin:messages", "outboxmessage", "LIMIT 51$",
        "The newest are read until there is a page of mails; few messages are SMS.",
    ),
    Allowed(
        "admin:index", "session", r'"audience" = %s|"type_id" IN',
        "Sessions in which nobody was counted are looked for among all that took place; home keeps the number for a minute. "
        "SQLite without statistics, which it takes by itself, goes by the type.",
    ),
    Allowed(
        "admin:index", "headcount", r'"pupils" IS NULL',
        "Year groups that were not counted have an index of their own, and are too many only where a nation lets them be.",
    ),
    Allowed(
        "admin:index", "cover|school|visit", r'"schools_cover"."state" = %s AND \(NOT \(EXISTS',
        "Who of a whole nation may not go any more is looked for among all who said yes; home keeps the number for a minute.",
    ),
    Allowed(
        "admin:index", "school", r'"for_good"',
        "What was called off and has no new day yet is compared with the chains of a nation’s schools.",
    ),
    Allowed(
        "admin:offer-dates|admin:visit-dates", "school|visit", "MATERIALIZED",
        "Beside all that a nation has in a fortnight, PostgreSQL reads its visits together, and which schools can be visited.",
    ),
    Allowed(
        "job (messages|offers|dates)|kind [a-z-]+", r"\w+", "",
        "Again and again, beside everybody’s work, all that is to come is compared with what people know; what a verb "
        "changes is asked of its visits alone, as `verb …`. How long it takes is held by tests/bench/messages.py.",
    ),
    Allowed(
        "verb school-agreement", "schoolagreement", "LIMIT 1$",
        "Whether schools agree to the programme at all is known at the first agreement of the year.",
    ),
    Allowed(
        "verb morning-list", "visit", '"coordinator_id" IS NULL',
        "Each morning’s list is of the visits of one coordinator, and of all that have none; it is asked once a day of each.",
    ),
    Allowed(
        "admin:visit-detail|admin:visit-edit", "visit", '"replaces_id"',
        "What took the place of a visit has an index; SQLite counts all visits that replaced none as alike, and goes through "
        "them where hardly any did.",
    ),
    Allowed(
        "admin:index", "roll", "GROUP BY",
        "The term’s reach says how many of a nation’s pupils are on roll.",
    ),
    Allowed(
        "admin:index", "offereddates", '"answered_at" >= %s',
        "Dates of which none was chosen have an index; SQLite takes one with words in its condition for the same words alone.",
    ),
    Allowed(
        "admin:index", "session|signoff|visit", '"of_need"',
        "Home counts what a whole nation has to do in one statement; of that much is to come, and kept for a minute.",
    ),
    Allowed(
        "admin:index", "school", '"of_need"',
        "Where many schools have asked, been offered dates or are to be called, PostgreSQL reads a nation's schools together.",
    ),
    Allowed(
        "admin:index", "contact|outboxmessage", "MATERIALIZED",
        "PostgreSQL cannot know how few sessions a coordinator's list has: whom mail reaches, and what went to them, it reads of "
        "all schools together.",
    ),
    Allowed(
        "admin:(equipment|index)", "session", '"schools_piecebooking"',
        "Pieces are booked for sessions that are to come; few things are pieces.",
    ),
    Allowed(
        r"(admin:)?day-(outcome|reported)", "session", r'"type_id" = \("schools_session"."type_id"\)',
        "Whether a class had the session before is asked of the school; SQLite without statistics goes by the type.",
    ),
    Allowed(
        "admin:observing", "cover", '"schools_cover"."state" = %s',
        "Who of a nation would like to watch a session that is to come; SQLite without statistics goes through all covers.",
    ),
    Allowed("admin:calendar(-ics)?", "session", "BETWEEN %s AND %s OR", UNKNOWN_VALUES),
    Allowed("admin:(index|running)", "outboxmessage", '"sent_at" > %s', UNKNOWN_VALUES),
    Allowed(
        "admin:tell", r"\w+", '"is_reminder"',
        "Which guests nobody can write to is asked of all visits of a nation that are to come.",
    ),
    Allowed(
        "admin:unreachable", "contact|school", "LOWER",
        "Whose an address is, a manager is told of any school; PostgreSQL reads them together.",
    ),
)  # fmt: skip
