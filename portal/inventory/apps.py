"""READ side: snapshots of what the platform answered."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "portal.inventory"

    def ready(self) -> None:
        from portal.inventory import people_news  # needs the models

        people_news.connect()
