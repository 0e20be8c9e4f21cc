"""Mails that are to be sent: one at once about occurrences of a kind, or the digest of a day."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from portal.accounts.models import Customer


class Mail(models.Model):
    """A mail to one person about their notices of one customer. Its id is in the Message-ID: sent again it is the same.

    It waits while `sent` and `given_up` are empty; who sends it holds a lease until `due`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notice_mails")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    day = models.DateField(null=True, blank=True)  # of a digest, by the person's clock; None for one at once
    created = models.DateTimeField(default=timezone.now)
    due = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveIntegerField(default=0)
    sent = models.DateTimeField(null=True, blank=True)
    given_up = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("user", "customer", "day"), condition=Q(day__isnull=False), name="one_digest_a_day"
            ),
        )
        indexes = (models.Index(fields=("due",), condition=Q(sent=None, given_up=None), name="notice_mail_due"),)

    def __str__(self) -> str:
        return f"{self.user_id} {self.day or self.created}"
