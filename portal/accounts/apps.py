"""People, customers and memberships."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "portal.accounts"

    def ready(self) -> None:
        from portal.accounts import checks, codes, signals  # need the models of allauth

        checks.connect()
        signals.connect()
        codes.remember_for_as_long_as_they_are_good()
