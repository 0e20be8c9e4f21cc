"""Consumption and invoices: money on screen and on paper."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "portal.billing"
