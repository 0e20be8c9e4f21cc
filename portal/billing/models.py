"""What billing keeps in the database."""

from portal.billing.job_models import Chunk, Job

__all__ = ["Chunk", "Job"]
