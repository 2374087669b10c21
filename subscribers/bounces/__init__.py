"""Mail that comes back, complaints among it: what it says, whom it is about, and what follows.

``receive`` takes one message that arrived at the bounce address; see docs/bounces.md.
"""

from subscribers.bounces.receiving import receive
from subscribers.bounces.values import Done, Kind, Received

__all__ = ["Done", "Kind", "Received", "receive"]
