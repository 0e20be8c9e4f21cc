"""Calendar feeds of people, and what calendars are told of a customer's dates.

A calendar believes what it was told until it is told otherwise: by the same UID and a higher SEQUENCE (RFC 5545,
3.8.4.7 and 3.8.7.4). So what was told is kept in rows (`CalendarDate`), one for each maintenance and for each act of a
deletion, and brought up to what is known (`portal.schedule.told`).
"""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from portal.accounts.keys import sealing
from portal.accounts.models import Customer, Membership

PURPOSE = "calendar feeds"


class Feed(models.Model):
    """An address that a person's calendar asks, of all they may see, or of one group or machine; gone with the
    membership. The token is found by its hash, and sealed so that its owner can read it again.
    """

    class About(models.TextChoices):
        """What it is about."""

        ALL = "all"
        GROUP = "group"
        MACHINE = "machine"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="feeds")
    about = models.CharField(max_length=10, choices=About.choices)
    name = models.CharField(max_length=64, blank=True)  # of the group or machine
    token_hash = models.CharField(max_length=64, unique=True)
    sealed = models.BinaryField()
    created = models.DateTimeField(default=timezone.now)
    fetched_at = models.DateTimeField(null=True, blank=True)  # last by any calendar

    class Meta:
        ordering = ("created",)
        constraints = (models.UniqueConstraint(fields=("membership", "about", "name"), name="one_feed_about_it"),)

    def __str__(self) -> str:
        return f"{self.about} {self.name}".strip()

    def seal(self, token: str) -> None:
        """Keep the token in this row; the caller saves."""
        self.sealed = sealing.seal(token.encode(), self.id.bytes, purpose=PURPOSE)

    @property
    def token(self) -> str:
        """Raises sealing.Broken where it cannot be read any more."""
        return sealing.unseal(bytes(self.sealed), self.id.bytes, purpose=PURPOSE).decode()

    @property
    def is_newest(self) -> bool:
        """Whether the ring's newest key has sealed it."""
        return sealing.is_newest(bytes(self.sealed), purpose=PURPOSE)


class CalendarDate(models.Model):
    """One date as calendars know it. Its id is in the UID for good, whatever becomes of it.

    `key` and `stage` say what it is on the platform at present: of a maintenance that is moved the key is another one.
    """

    class Kind(models.TextChoices):
        """What sort of date."""

        MAINTENANCE = "maintenance"
        DELETION = "deletion"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="calendar_dates")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    key = models.CharField(max_length=200)
    stage = models.CharField(max_length=10, blank=True)  # of a deletion
    mark = models.CharField(max_length=32, blank=True)  # of a maintenance: by it one is known that was moved
    machine = models.CharField(max_length=200)
    group = models.CharField(max_length=64, blank=True)  # that it is in as far as anybody knows
    text = models.CharField(max_length=500, blank=True)  # the platform's words
    starts = models.DateTimeField()
    ends = models.DateTimeField(null=True, blank=True)
    is_cancelled = models.BooleanField(default=False)
    sequence = models.PositiveIntegerField(default=0)
    revised_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("starts", "machine", "stage")
        constraints = (
            models.UniqueConstraint(
                fields=("customer", "kind", "key", "stage"), condition=Q(is_cancelled=False), name="one_date_of_it"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.key} {self.stage}".strip()


class Watermark(models.Model):
    """How much of what is known of a customer its dates have in them: older knowledge changes them no more."""

    customer = models.OneToOneField(Customer, on_delete=models.CASCADE, primary_key=True, related_name="+")
    version = models.CharField(max_length=500)  # of the listings
    known_at = models.DateTimeField()  # when their oldest part was fetched

    def __str__(self) -> str:
        return f"{self.customer_id} {self.known_at}"
