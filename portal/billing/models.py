"""What billing keeps in the database."""

from portal.billing.archive.models import ArchivedRecord, Held
from portal.billing.document_orders.models import Chunk, Job
from portal.billing.thresholds.models import Passed, Threshold

__all__ = ["ArchivedRecord", "Chunk", "Held", "Job", "Passed", "Threshold"]
