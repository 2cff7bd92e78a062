"""Tables of reach: returns with what they rest on, doubts that somebody confirmed, who is mailed, who reads as JSON."""

from schools.reach.models.consumers import ApiToken, ApiUse
from schools.reach.models.doubts import Confirmed, DoubtKind
from schools.reach.models.returns import Restatement, Return, ReturnRow
from schools.reach.models.subscriptions import Subscription

__all__ = ["ApiToken", "ApiUse", "Confirmed", "DoubtKind", "Restatement", "Return", "ReturnRow", "Subscription"]
