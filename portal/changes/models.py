"""Changes as rows: the truth about what was asked for and what became of it. Messages are only nudges.

    draft     a later part of a plan: stands by until the one before is recorded
    queued    waits for its turn, for the platform, or for its next attempt
    sending   went out, or is about to this moment
    unknown   perhaps sent: being found out. Never called failed
    recorded  the platform has accepted it
    settling  recorded, and there is evidence to follow: an installation, a maintenance window
    done      the evidence says that it is in force
    rejected  the platform said no, in its own words
    conflict  what a person saw has changed meanwhile: asks
    parked    the key was refused: waits for a new one, and holds up only what goes out with that key
    superseded  a newer change has decided it
    cancelled   a person took it back

A change is at its end when `done_at` is set, whatever its state then: where the platform gives no evidence of what
is in force, the end is *recorded*. Recorded without `done_at` has only to be carried into the inventory.
"""

import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import ApiKey, Customer
from portal.changes import news


class State(models.TextChoices):
    """Where a change is, in words that people read."""

    DRAFT = "draft", _("In preparation")
    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Sending")
    UNKNOWN = "unknown", _("Checking")
    RECORDED = "recorded", _("Accepted")
    SETTLING = "settling", _("Pending")
    DONE = "done", _("Done")
    REJECTED = "rejected", _("Rejected")
    CONFLICT = "conflict", _("Conflict")
    PARKED = "parked", _("Needs API key")
    SUPERSEDED = "superseded", _("Replaced")
    CANCELLED = "cancelled", _("Cancelled")


IN_FLIGHT = (State.SENDING, State.UNKNOWN)  # at most one of a customer
# What may be given to a worker when it is due; `sending` is the one that nobody but its holder may touch.
WORKABLE = (State.QUEUED, State.UNKNOWN, State.RECORDED)


class Action(models.TextChoices):
    """What a record is asked for; values as the API has them."""

    SET = "set", _("set")
    DELETE = "delete", _("delete")


class Change(models.Model):
    """One apply: what a person asked for at once.

    `number` is for people, per customer. `turn` is the order of going out, per customer: it begins as the number and is
    renewed when a person asks again, so that what was asked last is what stays.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="changes")
    number = models.PositiveIntegerField()
    turn = models.PositiveIntegerField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="changes"
    )
    # Who asked for it last: its author, or who asked again. Whether they (still) may is looked up before it is sent.
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # The customer's person in whose place staff asked, if they did.
    in_place_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # By which it was asked for last (portal.logs).
    request_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    token = models.CharField(max_length=64)  # of the form: submitting twice is one change
    # Of the customer's plan that it is a part of, None for one by itself. What becomes of it is then the plan's matter.
    plan_number = models.PositiveIntegerField(null=True, blank=True)
    created = models.DateTimeField(default=timezone.now)

    # The key it goes out with, and keeps; by name too, since a key may be taken away and given again.
    api_key = models.ForeignKey(ApiKey, on_delete=models.SET_NULL, null=True, blank=True, related_name="changes")
    key_group = models.CharField(max_length=64)
    key_generation = models.PositiveIntegerField()

    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    lease_holder = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveIntegerField(default=0)  # times it was tried to be sent
    looks = models.PositiveIntegerField(default=0)  # times it was looked for what became of the call
    log_serial = models.BigIntegerField(null=True, blank=True)  # the platform's last call before the last sending
    sent_at = models.DateTimeField(null=True, blank=True)  # of the last attempt that may have gone out
    recorded_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    # {"kind": "fault|refused|unreachable|unsendable|conflict|superseded|no_key|forbidden|taken",
    #  "text": …, "code": …, "field": …, "item": …}
    answer = models.JSONField(default=dict, blank=True)

    customer_of = "customer"
    objects = news.Told["Change"].as_manager()
    departed: datetime | None = None  # when whoever sends it wrote that down: no column, `sent_at` has it

    class Meta:
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(fields=("customer", "number"), name="change_number"),
            models.UniqueConstraint(fields=("customer", "turn"), name="change_turn"),
            models.UniqueConstraint(fields=("customer", "author", "token"), name="change_token"),
            models.UniqueConstraint(
                fields=("customer",), condition=Q(state__in=("sending", "unknown")), name="one_change_in_flight"
            ),
        )
        indexes = (
            models.Index(fields=("customer", "turn"), condition=Q(done_at=None), name="change_undone"),
            models.Index(fields=("state", "next_attempt_at"), condition=Q(done_at=None), name="change_due"),
            models.Index(fields=("done_at",), name="change_done"),  # what came to its end lately (portal.notify)
        )

    def __str__(self) -> str:
        return f"{self.customer_id}/{self.number} {self.state}"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen to it by itself or by the platform."""
        return self.done_at is not None

    def answer_to(self, position: int) -> dict[str, Any]:
        """What is said of that item: words about another one may be about what is out of sight."""
        return dict(self.answer) if self.answer.get("item") in (None, position) else {"kind": "other"}

    @property
    def is_open_question(self) -> bool:
        """Whether it was perhaps sent, and no key works by which that could be looked up."""
        return self.state == State.PARKED and self.sent_at is not None


class Item(models.Model):
    """One record of a change.

    `wanted` holds only what the person changed (for a deletion: its deadline, where it has one), `before` those fields
    as the person saw them (for a deletion, what there was), `result` the full record as the platform answered it, {}
    for a deleted one.
    """

    class Evidence(models.TextChoices):
        """What will say that it is in force."""

        NONE = "", _("none")
        INSTALL = "install", _("installation")
        MAINTENANCE = "maintenance", _("maintenance")

    change = models.ForeignKey(Change, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField()
    type_name = models.CharField(max_length=32)
    key = models.CharField(max_length=200)
    group = models.CharField(max_length=64)  # that places it, by which it is in somebody's scope or not
    action = models.CharField(max_length=6, choices=Action.choices, default=Action.SET)
    creates = models.BooleanField(default=False)
    wanted = models.JSONField(default=dict, blank=True)
    before = models.JSONField(default=dict, blank=True)
    result = models.JSONField(default=dict, blank=True)

    evidence = models.CharField(max_length=11, choices=Evidence.choices, default=Evidence.NONE, blank=True)
    maintenance = models.CharField(max_length=200, blank=True)  # key of the one that was seen
    settled_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=500, blank=True)  # what the maintenance says of it

    customer_of = "change__customer"
    objects = news.Told["Item"].as_manager()

    class Meta:
        ordering = ("change", "position")
        constraints = (models.UniqueConstraint(fields=("change", "position"), name="item_position"),)
        indexes = (
            models.Index(fields=("type_name", "key"), name="item_resource"),
            models.Index(fields=("evidence",), condition=Q(settled_at=None) & ~Q(evidence=""), name="item_unsettled"),
        )

    def __str__(self) -> str:
        return f"{self.action} {self.type_name} {self.key}"


news.follow(Change, Item)


class KeyPoll(models.Model):
    """When what is pending under a key was last asked for; `busy_until` keeps a second poll away meanwhile."""

    api_key = models.OneToOneField(ApiKey, on_delete=models.CASCADE, primary_key=True, related_name="poll")
    polled_at = models.DateTimeField(null=True, blank=True)
    busy_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.api_key_id} {self.polled_at}"

    def is_free(self, before: datetime) -> bool:
        """Whether nobody is at it, and the last poll was before that moment."""
        is_busy = self.busy_until is not None and self.busy_until > timezone.now()
        return not is_busy and (self.polled_at is None or self.polled_at <= before)


class InstallTime(models.Model):
    """How long the installation of a machine took, from recorded to seen ready."""

    seconds = models.FloatField()
    seen_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"{self.seconds:.0f} s"


class Heartbeat(models.Model):
    """When something that has to go on by itself last did."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.at}"
