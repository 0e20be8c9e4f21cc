"""The customer's pages."""

from django.apps import AppConfig


class CustomerConfig(AppConfig):
    name = "portal.customer"
