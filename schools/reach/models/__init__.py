"""Tables of reach: returns and the rows behind them, publications, confirmed doubts, subscribers of the mail, programs."""

from schools.reach.models.consumers import ApiToken, ApiUse
from schools.reach.models.doubts import Confirmed, DoubtKind
from schools.reach.models.publications import Publication, PublishedAtom, PublishedPlace, PublishedPupils, lock_publications
from schools.reach.models.returns import Drift, Restatement, Return, ReturnRow
from schools.reach.models.subscriptions import Subscription

__all__ = [
    "ApiToken", "ApiUse", "Confirmed", "DoubtKind", "Drift", "Publication", "PublishedAtom", "PublishedPlace", "PublishedPupils",
    "Restatement", "Return", "ReturnRow", "Subscription", "lock_publications",
]  # fmt: skip
