"""What happened, who is told, and what each person chose to hear of."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from portal.accounts.models import Customer
from portal.notify.kinds import Channel
from portal.notify.mail.models import Mail

__all__ = ["Choice", "DigestHour", "Mail", "Notice", "Occurrence", "ReadUntil", "Reading"]


class Occurrence(models.Model):
    """Something that happened to a customer, noted once: `key` is the same for the same thing.

    `group` places it, by which it is in somebody's scope or not; '' for what concerns the customer as a whole. `thread`
    is the same for what belongs together. `data` holds the facts of its kind (portal.notify.words), as JSON.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="occurrences")
    kind = models.CharField(max_length=40)  # notify.kinds.KINDS
    key = models.CharField(max_length=300)
    at = models.DateTimeField()
    noted = models.DateTimeField(default=timezone.now, db_index=True)
    type_name = models.CharField(max_length=32, blank=True)  # of the record that it is about, '' for none
    record = models.CharField(max_length=200, blank=True)  # its key
    group = models.CharField(max_length=64, blank=True)
    thread = models.CharField(max_length=300)
    data: Any = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ("-noted", "-at")
        constraints = (models.UniqueConstraint(fields=("customer", "key"), name="noted_once"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Notice(models.Model):
    """Word of an occurrence to one person: once, wherever they hear of it."""

    occurrence = models.ForeignKey(Occurrence, on_delete=models.CASCADE, related_name="notices")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")  # its occurrence's
    in_bell = models.BooleanField(default=True)
    read = models.DateTimeField(null=True, blank=True)  # when it was seen in the bell
    mail = models.ForeignKey(Mail, on_delete=models.SET_NULL, null=True, blank=True, related_name="notices")
    for_digest = models.BooleanField(default=False)  # waits for the next one; then `mail` is that

    class Meta:
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=("occurrence", "user"), name="one_notice_each"),)
        indexes = (
            models.Index(fields=("user", "customer", "-id"), condition=models.Q(in_bell=True), name="notice_bell"),
            models.Index(fields=("user",), condition=models.Q(for_digest=True), name="notice_digest"),
        )

    def __str__(self) -> str:
        return f"{self.user_id} {self.occurrence_id}"


class Choice(models.Model):
    """That a person wants to hear of a kind somewhere, or does not, other than by itself."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notice_choices")
    kind = models.CharField(max_length=40)
    channel = models.CharField(max_length=6, choices=Channel.choices)
    is_on = models.BooleanField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "kind", "channel"), name="one_choice_each"),)

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind} {self.channel} {self.is_on}"


class DigestHour(models.Model):
    """At which hour of their own clock a person gets the daily summary; 8 where there is no row."""

    USUAL = 8

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+")
    hour = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"{self.user_id} {self.hour}"


class Reading(models.Model):
    """Since when it is listened to what happens to a customer, and what is remembered of the last look at its records.

    Whoever notes something of the customer holds this row. What was there before is no news: of the records from the
    first time that all of the customer's keys have answered, and again where keys have come (`memory`, see watching).
    """

    customer = models.OneToOneField(Customer, on_delete=models.CASCADE, primary_key=True, related_name="+")
    since = models.DateTimeField(default=timezone.now)
    memory: Any = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return f"{self.customer_id} {self.since}"


class ReadUntil(models.Model):
    """Until when the rows of all customers were read, by the name of who reads them."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.at}"
