"""Questions about things taken to sessions, by noun."""

from schools.materials.queries.bringing import Bring, Bringing, Passing, bring_to
from schools.materials.queries.equipment import (
    HandOver,
    PieceChoice,
    booked_twice,
    clashing,
    hand_overs,
    live_bookings,
    pieces_for,
    pieces_taken,
)
from schools.materials.queries.forecast import WEEKS, Forecast, forecast, forecasts, monday, to_order
from schools.materials.queries.kits import PUPILS_IN_CLASS, KitItem, kit_for, kits_of
from schools.materials.queries.lacks import Lack, lacking_soon, lacks
from schools.materials.queries.reports import HEADER, Unsaid, Used, unsaid_in, used_in
from schools.materials.queries.sessions import Reservations, live_sessions, reservations_around
from schools.materials.queries.stock import (
    SHORT_WITHIN,
    OnTheShelf,
    StoryLine,
    lines_about,
    shelf_of,
    stock_in,
    stock_of,
    story_of,
    totals,
    where_is,
    whereabouts,
)

__all__ = [
    "HEADER",
    "PUPILS_IN_CLASS",
    "SHORT_WITHIN",
    "WEEKS",
    "Bring",
    "Bringing",
    "Forecast",
    "HandOver",
    "KitItem",
    "Lack",
    "OnTheShelf",
    "Passing",
    "PieceChoice",
    "Reservations",
    "StoryLine",
    "Unsaid",
    "Used",
    "booked_twice",
    "bring_to",
    "clashing",
    "forecast",
    "forecasts",
    "hand_overs",
    "kit_for",
    "kits_of",
    "lacking_soon",
    "lacks",
    "lines_about",
    "live_bookings",
    "live_sessions",
    "monday",
    "pieces_for",
    "pieces_taken",
    "reservations_around",
    "shelf_of",
    "stock_in",
    "stock_of",
    "story_of",
    "to_order",
    "totals",
    "unsaid_in",
    "used_in",
    "where_is",
    "whereabouts",
]
