"""Papers that somebody ordered, as rows: the truth about what was asked for and what became of it.

    waiting   for a worker, or for the one before it
    working   a worker has it in hand, under a lease that each finished paper renews
    done      the file is here, in chunks, until it is old (settings.KEEP_PDFS_DAYS)
    failed    `reason` says why

The file is in the database because web and workers may be on different machines. One is made at a time, so that
papers never take all workers away from changes: the database itself sees to that.
"""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Customer, PaperSize


def kept_for() -> timedelta:
    """From its order on."""
    return timedelta(days=settings.KEEP_PDFS_DAYS)


class State(models.TextChoices):
    """Where an order is."""

    WAITING = "waiting", _("Queued")
    WORKING = "working", _("Creating")
    DONE = "done", _("Ready")
    FAILED = "failed", _("Failed")


class Form(models.TextChoices):
    """What comes out."""

    PDF = "pdf", _("one PDF")
    ZIP = "zip", _("ZIP with one PDF per month")


class Reason(models.TextChoices):
    """Why it failed; in words for people it is `job_words.WHY`."""

    MISSING = "missing", "a library is missing on the server"
    UNKNOWN = "unknown", "the platform has not answered"
    GONE = "gone", "a month is not there any more"
    TOO_LONG = "too_long", "too long for one PDF"
    INTERRUPTED = "interrupted", "the worker went away"
    FORBIDDEN = "forbidden", "its author may not see it any more"
    BROKEN = "broken", "an error of the portal"


class Job(models.Model):
    """One order: months of one kind, as one file. `role` and `root` are what its author could see."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="papers")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="papers")
    role = models.CharField(max_length=10)
    root = models.CharField(max_length=64, blank=True)
    token = models.CharField(max_length=64)  # of the form: a double click is one order
    created = models.DateTimeField(default=timezone.now)

    kind = models.CharField(max_length=11)  # invoice | consumption
    months = models.JSONField()  # periods, the earliest first
    form = models.CharField(max_length=3, choices=Form.choices)
    size = models.CharField(max_length=6, choices=PaperSize.choices)
    language = models.CharField(max_length=10)

    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    lease_holder = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    made = models.PositiveSmallIntegerField(default=0)  # papers, of the months
    ended = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=11, choices=Reason.choices, blank=True)
    detail = models.CharField(max_length=300, blank=True)  # for who runs the portal
    file_name = models.CharField(max_length=100, blank=True)
    bytes = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("-created",)
        constraints = (
            models.UniqueConstraint(fields=("customer", "author", "token"), name="paper_token"),
            models.UniqueConstraint(fields=("state",), condition=Q(state="working"), name="one_paper_at_a_time"),
        )
        indexes = (models.Index(fields=("created",), name="paper_created"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.months} {self.state}"

    @property
    def is_open(self) -> bool:
        """Whether something will still happen to it."""
        return self.state in (State.WAITING, State.WORKING)

    @property
    def kept_until(self) -> datetime:
        return self.created + kept_for()


class Chunk(models.Model):
    """A part of a finished file."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="chunks")
    position = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=("job", "position"), name="paper_chunk"),)

    def __str__(self) -> str:
        return f"{self.job_id}/{self.position}"
