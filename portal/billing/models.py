"""What billing keeps in the database."""

from portal.billing.job_models import Chunk, Job
from portal.billing.kept_models import Held, Kept
from portal.billing.threshold_models import Notice, Passed, Threshold

__all__ = ["Chunk", "Held", "Job", "Kept", "Notice", "Passed", "Threshold"]
