"""Backups as rows, and the commands that make, restore and try them."""

from django.apps import AppConfig


class BackupsConfig(AppConfig):
    name = "portal.backups"
