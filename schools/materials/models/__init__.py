"""The tables of materials, grouped by noun."""

from schools.materials.models.ledger import MOST_MOVED, Movement, MovementKind, MovementQuerySet
from schools.materials.models.stores import Piece, PieceBooking, PieceQuerySet, Store, StoreQuerySet
from schools.materials.models.submissions import StockSubmission
from schools.materials.models.things import LONGEST_LEAD, MOST_PIECES, Kind, KitLine, Material, Per
from schools.materials.models.uses import MaterialUse, Packed, PackedQuerySet, Parcel, SessionKit

__all__ = [
    "LONGEST_LEAD",
    "MOST_MOVED",
    "MOST_PIECES",
    "Kind",
    "KitLine",
    "Material",
    "MaterialUse",
    "Movement",
    "MovementKind",
    "MovementQuerySet",
    "Packed",
    "PackedQuerySet",
    "Parcel",
    "Per",
    "Piece",
    "PieceBooking",
    "PieceQuerySet",
    "SessionKit",
    "StockSubmission",
    "Store",
    "StoreQuerySet",
]
