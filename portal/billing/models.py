"""What billing keeps in the database."""

from portal.billing.archive.models import Held, Kept
from portal.billing.document_orders.models import Chunk, Job
from portal.billing.thresholds.models import Notice, Passed, Threshold

__all__ = ["Chunk", "Held", "Job", "Kept", "Notice", "Passed", "Threshold"]
