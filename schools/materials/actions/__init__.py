"""Actions on materials, grouped by noun."""

from schools.materials.actions.kits import choose_free_pieces, choose_pieces, decide
from schools.materials.actions.ledger import count, find, lose, receive, receive_pieces, transfer
from schools.materials.actions.once import SaidOtherwise, WrittenAlready, once
from schools.materials.actions.packing import pack, parcel_arrived, send_parcel
from schools.materials.actions.stores import place_store
from schools.materials.actions.using import Sources, use

__all__ = [
    "SaidOtherwise",
    "Sources",
    "WrittenAlready",
    "choose_free_pieces",
    "choose_pieces",
    "count",
    "decide",
    "find",
    "lose",
    "once",
    "pack",
    "parcel_arrived",
    "place_store",
    "receive",
    "receive_pieces",
    "send_parcel",
    "transfer",
    "use",
]
