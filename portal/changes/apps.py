"""WRITE side: from what a person asked for to what the platform recorded."""

from django.apps import AppConfig


class ChangesConfig(AppConfig):
    name = "portal.changes"
