"""Imports every room's tables, so that the metadata is whole."""

import digest.catalogue.rows
import digest.issues.rows
import jobs.deliveries.rows
import subscribers.rows  # noqa: F401  (the imports are the point)
from digest.db import Base

METADATA = Base.metadata
