"""Actions on materials, grouped by noun."""

from schools.materials.actions.kits import choose_free_pieces, choose_pieces, decide
from schools.materials.actions.ledger import count, find, lose, receive, receive_pieces, transfer
from schools.materials.actions.once import AlreadySubmitted, SubmissionChanged, run_once
from schools.materials.actions.packing import pack, record_parcel_arrival, send_parcel
from schools.materials.actions.stock_files import STOCK
from schools.materials.actions.stores import place_store
from schools.materials.actions.using import Sources, record_use

__all__ = [
    "STOCK",
    "AlreadySubmitted",
    "Sources",
    "SubmissionChanged",
    "choose_free_pieces",
    "choose_pieces",
    "count",
    "decide",
    "find",
    "lose",
    "pack",
    "place_store",
    "receive",
    "receive_pieces",
    "record_parcel_arrival",
    "record_use",
    "run_once",
    "send_parcel",
    "transfer",
]
