"""What it cost: consumption by customer, month and thing, contracts, invoices. Outlives groups and machines."""

from django.db import models


class Contract(models.Model):
    """Something a customer pays for every month beside machines and traffic."""

    customer_no = models.CharField(max_length=16, db_index=True)
    contract_id = models.CharField(max_length=40)
    description = models.TextField()
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer_no", "contract_id"], name="contract_once")]

    def __str__(self) -> str:
        return self.contract_id


class Consumption(models.Model):
    """What was used of one thing in one month.

    `amount` is bytes for traffic, seconds for machines, pieces for contracts. For the running month it
    holds what is settled so far; `billing` adds what has accrued since.
    """

    customer_no = models.CharField(max_length=16)
    period = models.DateField()
    type = models.CharField(max_length=16)
    type_id = models.CharField(max_length=40)
    amount = models.BigIntegerField()
    details = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer_no", "period", "type", "type_id"], name="consumption_once")
        ]

    def __str__(self) -> str:
        return f"{self.customer_no} {self.period} {self.type} {self.type_id}"


class Invoice(models.Model):
    """One month of one customer, before tax."""

    customer_no = models.CharField(max_length=16)
    start = models.DateField()
    end = models.DateField()
    items = models.JSONField(default=list)
    status = models.CharField(max_length=16, default="pending")
    total = models.DecimalField(max_digits=16, decimal_places=4)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer_no", "start"], name="invoice_once")]

    def __str__(self) -> str:
        return f"{self.customer_no} {self.start}"
