"""What a customer wants to hear of before the invoice comes, as rows; and that it was passed, once.

A limit that is set anew is another row: so it is told again when the new one is passed. `passed_once` keeps two
workers, or one that was killed and its successor, from noting the same twice.
"""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Customer


class Measure(models.TextChoices):
    """What is limited."""

    AMOUNT = "amount", _("Amount before tax")  # EUR of the whole customer
    TRAFFIC = "traffic", _("Traffic")  # bytes of a resource group, or of all of them


class Threshold(models.Model):
    """A limit for each month."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="thresholds")
    measure = models.CharField(max_length=7, choices=Measure.choices)
    group = models.CharField(max_length=64, blank=True)  # '' for all of the customer
    limit = models.DecimalField(max_digits=20, decimal_places=4)  # EUR, or bytes
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("measure", "group")
        constraints = (models.UniqueConstraint(fields=("customer", "measure", "group"), name="one_threshold"),)

    def __str__(self) -> str:
        return f"{self.measure} {self.group} {self.limit}"


class Passed(models.Model):
    """A limit was passed in a month."""

    threshold = models.ForeignKey(Threshold, on_delete=models.CASCADE, related_name="passed")
    month = models.CharField(max_length=10)  # a period, such as 2026-10-01
    value = models.DecimalField(max_digits=24, decimal_places=4)  # when it was noticed
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("threshold", "month"), name="passed_once"),)

    def __str__(self) -> str:
        return f"{self.threshold_id} {self.month}"
