"""What only staff have: visits as a customer's person, notes, announcements, the search index, health over time."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import ApiKey, Customer, Membership, User
from portal.resources.spelling import whole_number


class Visit(models.Model):
    """A member of staff sees a customer as one of its people does, for a while (console.view_as.sessions).

    It outlives the membership, which it is read by while it lasts.
    """

    staff = models.ForeignKey(User, on_delete=models.CASCADE, related_name="visits")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    member = models.ForeignKey(Membership, on_delete=models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=300)
    began = models.DateTimeField(default=timezone.now)
    expires = models.DateTimeField()
    writes_since = models.DateTimeField(null=True, blank=True)  # when write access was taken; None for read-only
    ended = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-began",)
        # No nesting: one at a time.
        constraints = (models.UniqueConstraint(fields=("staff",), condition=Q(ended=None), name="one_visit_at_a_time"),)

    def __str__(self) -> str:
        return f"{self.staff} as {self.person}, {self.customer}"

    @property
    def is_over(self) -> bool:
        return self.ended is not None or self.expires <= timezone.now()


class Note(models.Model):
    """What staff write down for each other about a customer, or something of it. `subject` is '' for the customer,
    "virtualmachine/shop01" for a record, "change/12" for a change."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="notes")
    subject = models.CharField(max_length=240, blank=True)
    author = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    text = models.TextField(max_length=4000)
    pinned = models.BooleanField(default=False)
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-pinned", "-created")
        indexes = (models.Index(fields=("customer", "subject"), name="note_subject"),)

    def __str__(self) -> str:
        return f"{self.customer_id} {self.subject}: {self.text[:40]}"

    @property
    def subject_address(self) -> str:
        """The console's page of what it is about; the customer's where that is gone or unheard of."""
        kind, _slash, name = self.subject.partition("/")
        if kind == "change" and (number := whole_number(name)) is not None:
            return reverse("console:change", args=[self.customer.number, number])
        if name and kind != "change":
            return reverse("console:record", args=[self.customer.number, kind, name])
        return reverse("console:customer", args=[self.customer.number])


class Announcement(models.Model):
    """Something that people of all customers, or of some, are told on every page."""

    class Level(models.TextChoices):
        """How loud it is; names as of notices."""

        INFO = "info"
        WARNING = "warning"

    text = models.CharField(max_length=500)
    level = models.CharField(max_length=10, choices=Level.choices, default=Level.INFO)
    starts = models.DateTimeField(default=timezone.now)
    ends = models.DateTimeField()
    customers = models.ManyToManyField(Customer, blank=True, related_name="+")  # none: all
    author = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    dismissed_by = models.ManyToManyField(User, blank=True, related_name="+")

    class Meta:
        ordering = ("-starts",)

    def __str__(self) -> str:
        return self.text[:60]

    def is_shown_at(self, moment: datetime) -> bool:
        return self.starts <= moment < self.ends


class Entry(models.Model):
    """A record of a customer, as the search over all customers knows it (console.search.index)."""

    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    type_name = models.CharField(max_length=32)
    key = models.CharField(max_length=200)
    title = models.CharField(max_length=200)
    note = models.CharField(max_length=200, blank=True)  # what tells it from others of its title
    words = models.TextField(blank=True)  # everything it can be found by, for the second word and those after it
    digest = models.CharField(max_length=24)  # of all that was indexed

    class Meta:
        constraints = (models.UniqueConstraint(fields=("api_key", "type_name", "key"), name="one_entry_per_record"),)
        # For what stands in the middle of a title: all titles are read, and nothing else.
        indexes = (models.Index(fields=("title",), name="entry_title"),)

    def __str__(self) -> str:
        return f"{self.type_name} {self.key}"


class Term(models.Model):
    """Something that an entry is found by, whole or by its beginning."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="terms")
    term = models.CharField(max_length=80, db_index=True)

    def __str__(self) -> str:
        return self.term


class Indexed(models.Model):
    """Which snapshot of a place is in the index."""

    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+")
    type_name = models.CharField(max_length=32)
    version = models.CharField(max_length=80)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("api_key", "type_name"), name="one_index_per_place"),)

    def __str__(self) -> str:
        return f"{self.api_key_id} {self.type_name}"


class Sample(models.Model):
    """Figures about the portal at a moment, every few minutes, for a day (console.platform.metric_samples)."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    figures = models.JSONField(default=dict)

    class Meta:
        ordering = ("at",)

    def __str__(self) -> str:
        return f"{self.at}"


class KeySample(models.Model):
    """What was done with an API key in the minute before; none where nothing was.

    Kept for a day (console.platform.metric_samples).
    """

    group = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now, db_index=True)
    calls = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0)
    reads = models.PositiveIntegerField(default=0)  # of its snapshots, by pages
    hits = models.PositiveIntegerField(default=0)  # of those, without waiting for the platform

    class Meta:
        ordering = ("at",)
        indexes = (models.Index(fields=("group", "at"), name="key_sample"),)

    def __str__(self) -> str:
        return f"{self.group} {self.at}"
