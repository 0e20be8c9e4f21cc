"""Consumption and invoices as they were seen, as rows: what the platform lists no more is shown from here."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from portal.accounts.models import Customer


class ArchivedRecord(models.Model):
    """A record of a customer as the platform last listed it."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    type = models.CharField(max_length=11)  # consumption | invoice
    key = models.TextField()
    key_digest = models.CharField(max_length=32)  # of `key`, which may be longer than an index takes
    digest = models.CharField(max_length=32)  # of `raw`
    raw = models.TextField()  # JSON
    gone_since = models.DateTimeField(null=True, blank=True)  # when it was last listed; None while it is

    class Meta:
        db_table = "billing_kept"
        constraints = (models.UniqueConstraint(fields=("customer", "type", "key_digest"), name="kept_once"),)
        indexes: ClassVar = [
            models.Index(fields=("customer", "type"), condition=Q(gone_since__isnull=False), name="kept_gone")
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.key}"


class Held(models.Model):
    """Up to which version of a customer's listing that was done, and when that was last found to be current."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    type = models.CharField(max_length=11)
    version = models.CharField(max_length=100)
    seen = models.DateTimeField()
    gone = models.PositiveIntegerField(default=0)  # how many records are kept that are not listed
    turns = models.PositiveIntegerField(default=0)  # grows whenever that may have changed

    class Meta:
        constraints = (models.UniqueConstraint(fields=("customer", "type"), name="held_once"),)

    def __str__(self) -> str:
        return f"{self.customer_id} {self.type} {self.version}"
