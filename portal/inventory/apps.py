"""READ side: snapshots of what the platform answered."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "portal.inventory"
