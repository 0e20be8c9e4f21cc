"""Plans as rows.

open       being put together, looked at, mended
scheduled  to be applied at a time
applying   sent, or about to be: its changes say how far it is
applied    the platform has accepted all of it
closed     put away: by a person, or after a while in which nobody touched it. It can be opened again
"""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Customer
from portal.changes.models import Action, Change
from portal.changes.models import State as Sent

MOST_ENTRIES = 1000
LONGEST_NAME = 100
LONGEST_NOTE = 10_000
UNTOUCHED_FOR = timedelta(days=30)  # then it is put away
NOTICE = timedelta(days=7)  # before that, its page says so


class State(models.TextChoices):
    """Where a plan is, in words that people read."""

    OPEN = "open", _("Open")
    SCHEDULED = "scheduled", _("Scheduled")
    APPLYING = "applying", _("Applying")
    APPLIED = "applied", _("Applied")
    CLOSED = "closed", _("Closed")


NOT_TAKEN = (Sent.REJECTED, Sent.CONFLICT, Sent.SUPERSEDED, Sent.CANCELLED)
OVER = (State.APPLIED, State.CLOSED)
SHOWN_EVERYWHERE = (State.OPEN, State.SCHEDULED, State.APPLYING)  # at the foot of pages, and on what they concern


def titled(number: int, name: str) -> str:
    """What a plan is called: its name, or its number where nobody gave it one."""
    return name or gettext("Plan %(number)s") % {"number": number}


class Plan(models.Model):
    """Changes of a customer that are to be made together. `number` is for people, per customer."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="plans")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=LONGEST_NAME)
    note = models.TextField(blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="plans"
    )
    created = models.DateTimeField(default=timezone.now)
    touched = models.DateTimeField(default=timezone.now)  # when somebody last did something with it
    revision = models.PositiveIntegerField(default=0)  # grows with each edit of what it would do

    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    not_before = models.DateTimeField(null=True, blank=True)  # of a scheduled one
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # The customer's person in whose place staff applied it, if they did.
    in_place_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    applied_at = models.DateTimeField(null=True, blank=True)  # when somebody last pressed Apply
    attempt = models.PositiveIntegerField(default=0)  # how often it was applied
    # Why a scheduled one was not applied at its time, or a later part not sent: a reason of `applying`, '' for none.
    obstacle = models.CharField(max_length=20, blank=True)
    takes_back = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="taken_back")
    takes_back_change = models.ForeignKey(Change, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ("-number",)
        constraints = (models.UniqueConstraint(fields=("customer", "number"), name="plan_number"),)
        indexes = (models.Index(fields=("state",), condition=Q(state__in=("scheduled", "applying")), name="plan_due"),)

    def __str__(self) -> str:
        return f"{self.customer_id}/{self.number} {self.state}"

    @property
    def title(self) -> str:
        """Its name, or its number where nobody gave it one."""
        return titled(self.number, self.name)

    @property
    def is_editable(self) -> bool:
        """Whether what it would do can be changed."""
        return self.state == State.OPEN


class Entry(models.Model):
    """What a plan would do to one record; as `changes.models.Item`, with `before` as it was when it was put in.

    `group` places the record; of one in a group that the plan creates, that group. `change` is set once the platform
    has accepted it. `said` are notes on what became of earlier entries of the same record (`merging`).
    """

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="entries")
    type_name = models.CharField(max_length=32)
    key = models.CharField(max_length=200)
    group = models.CharField(max_length=64)
    action = models.CharField(max_length=6, choices=Action.choices, default=Action.SET)
    creates = models.BooleanField(default=False)
    wanted = models.JSONField(default=dict, blank=True)
    before = models.JSONField(default=dict, blank=True)
    said = models.JSONField(default=list, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # Ids of others who asked for some of it before: what they asked for is not theirs to approve either.
    earlier_authors = models.JSONField(default=list, blank=True)
    added = models.DateTimeField(default=timezone.now)
    change = models.ForeignKey(Change, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ("plan", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("plan", "type_name", "key"), condition=Q(change=None), name="one_open_entry"
            ),
        )
        indexes = (models.Index(fields=("type_name", "key"), name="entry_record"),)

    def __str__(self) -> str:
        return f"{self.action} {self.type_name} {self.key}"


class Part(models.Model):
    """A change that a plan was sent as, in that attempt; `entries` are the ids of its entries, as its items go."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="parts")
    attempt = models.PositiveIntegerField()
    position = models.PositiveSmallIntegerField()
    change = models.OneToOneField(Change, on_delete=models.CASCADE, related_name="+")
    entries = models.JSONField(default=list)

    class Meta:
        ordering = ("attempt", "position")
        constraints = (models.UniqueConstraint(fields=("plan", "attempt", "position"), name="part_position"),)

    def __str__(self) -> str:
        return f"{self.plan_id} {self.attempt}.{self.position}"

    @property
    def is_over(self) -> bool:
        """Whether the platform has it, or it does not get there any more."""
        return self.change.recorded_at is not None or self.change.state in NOT_TAKEN


class Remark(models.Model):
    """What somebody says about a plan, as it was at that revision."""

    class Kind(models.TextChoices):
        """What it is."""

        COMMENT = "comment", _("Comment")
        REQUEST = "request", _("Review requested")  # of `to`
        APPROVAL = "approval", _("Approved")
        OBJECTION = "objection", _("Changes requested")

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="remarks")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # The customer's person in whose place staff said it, if they did.
    in_place_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=9, choices=Kind.choices, default=Kind.COMMENT)
    revision = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.kind} by {self.author_id}"


class Current(models.Model):
    """The plan that a person puts changes into."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "customer"), name="one_current_plan"),)

    def __str__(self) -> str:
        return f"{self.user_id} {self.plan_id}"
