"""Every room's tables on one metadata."""

from digest.catalogue.rows import ToolRow
from digest.db import Base
from digest.issues.rows import IssueRow
from digest.votes.rows import VoteRow
from jobs.deliveries.rows import DeliveryRow
from subscribers.rows import SubscriberRow

# Naming one table of each room is what makes the metadata whole.
ROOMS = (ToolRow, IssueRow, VoteRow, SubscriberRow, DeliveryRow)
METADATA = Base.metadata
