"""Tables of reach: returns and the rows behind them, confirmed doubts, subscribers of the mail, programs that read the JSON."""

from schools.reach.models.consumers import ApiToken, ApiUse
from schools.reach.models.doubts import Confirmed, DoubtKind
from schools.reach.models.returns import Restatement, Return, ReturnRow
from schools.reach.models.subscriptions import Subscription

__all__ = ["ApiToken", "ApiUse", "Confirmed", "DoubtKind", "Restatement", "Return", "ReturnRow", "Subscription"]
