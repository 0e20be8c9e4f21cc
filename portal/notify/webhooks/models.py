"""Endpoints of customers, the messages that are sent to them, and each attempt: the delivery log."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.keys import sealing
from portal.accounts.models import Customer
from portal.notify.webhooks import addresses

PURPOSE = "webhook secrets"
BOTH_VALID = timedelta(days=1)  # of a secret that was renewed


class Endpoint(models.Model):
    """An address of a customer that is told what happens, once it has answered a test.

    `free_at`: nobody sends anything there before. Who delivers holds it until then (`holder`); after a
    failure it rests.
    """

    class State(models.TextChoices):
        """Whether it is told."""

        TESTING = "testing", _("Not tested yet")
        LIVE = "live", _("Active")
        OFF = "off", _("Turned off")

    class WhyOff(models.TextChoices):
        """Who turned it off."""

        MANAGER = "manager", _("turned off by a manager")
        GONE = "gone", _("the endpoint answered that it no longer exists (410)")
        FAILING = "failing", _("no event could be delivered for three days")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="webhooks")
    url = models.CharField(max_length=addresses.LONGEST)
    description = models.CharField(max_length=100, blank=True)
    kinds = models.JSONField(default=list, blank=True)  # empty: of all kinds, also of those to come
    sealed = models.BinaryField()
    sealed_previous = models.BinaryField(null=True, blank=True)
    previous_until = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=7, choices=State.choices, default=State.TESTING)
    why_off = models.CharField(max_length=7, choices=WhyOff.choices, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created = models.DateTimeField(default=timezone.now)
    revision = models.PositiveIntegerField(default=1)  # of its settings: two people who change them at once
    live_since = models.DateTimeField(null=True, blank=True)  # empty: never yet, or turned off since
    failing_since = models.DateTimeField(null=True, blank=True)  # nothing has been delivered since
    failures = models.PositiveIntegerField(default=0)  # one after another
    holder = models.CharField(max_length=32, blank=True)
    free_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("created",)

    def __str__(self) -> str:
        return self.description or self.host

    @property
    def host(self) -> str:
        """Its address without what may be secret of it."""
        return addresses.host_of(self.url)

    @property
    def takes_all(self) -> bool:
        """Whether it is told of all kinds."""
        return not self.kinds

    def seal(self, secret: str) -> None:
        """Keep the secret in this row; the caller saves."""
        self.sealed = sealing.seal(secret.encode(), self.id.bytes, purpose=PURPOSE)

    @property
    def secret(self) -> str:
        """Raises sealing.Broken where it cannot be read any more."""
        return self._unsealed(self.sealed)

    def secrets_at(self, now: datetime) -> list[str]:
        """Those that sign at that time: the newest, and the one before for a day. Raises sealing.Broken."""
        if self.sealed_previous is None or self.previous_until is None or self.previous_until <= now:
            return [self.secret]
        return [self.secret, self._unsealed(self.sealed_previous)]

    def _unsealed(self, value: bytes | memoryview) -> str:
        return sealing.unseal(bytes(value), self.id.bytes, purpose=PURPOSE).decode()


class Message(models.Model):
    """What an endpoint is told of one occurrence, or a test (without one), however often it takes.

    Its id is the `webhook-id` of each attempt. It comes due again while an attempt is under way (`attempts` counts
    those begun), so that nothing is lost with a worker.
    """

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", _("Waiting")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="messages")
    occurrence = models.ForeignKey("notify.Occurrence", on_delete=models.CASCADE, null=True, related_name="+")
    created = models.DateTimeField(default=timezone.now, db_index=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    due = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveIntegerField(default=0)  # since it was to be sent, or sent again

    class Meta:
        ordering = ("-created", "-id")
        constraints = (
            models.UniqueConstraint(fields=("endpoint", "occurrence"), name="told_once"),
            models.UniqueConstraint(
                fields=("endpoint",), condition=Q(occurrence=None, state="waiting"), name="one_test_at_a_time"
            ),
        )
        indexes = (
            models.Index(fields=("endpoint", "due"), condition=Q(state="waiting"), name="webhook_due"),
            models.Index(fields=("endpoint", "-created"), name="webhook_log"),
        )

    def __str__(self) -> str:
        return self.webhook_id

    @property
    def webhook_id(self) -> str:
        return f"msg_{self.id.hex}"

    @property
    def kind(self) -> str:
        return self.occurrence.kind if self.occurrence else TEST


TEST = "webhook.test"


class Attempt(models.Model):
    """One attempt that has ended: what was answered, or why nothing was (`calling.Problem`)."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="log")
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    milliseconds = models.PositiveIntegerField()
    problem = models.CharField(max_length=12, blank=True)
    excerpt = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("-at", "-id")

    def __str__(self) -> str:
        return f"{self.message_id} {self.status or self.problem}"
