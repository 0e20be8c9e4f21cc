"""People, customers and memberships."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "portal.accounts"

    def ready(self) -> None:
        from portal.accounts import checks, signals  # needs the models of allauth

        checks.connect()
        signals.connect()
