"""People, customers and memberships."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class AccountsConfig(AppConfig):
    name = "portal.accounts"

    def ready(self) -> None:
        from portal.accounts import checks
        from portal.accounts.sign_in import authenticator_codes, signals  # need the models of allauth

        checks.connect()
        signals.connect()
        authenticator_codes.remember_for_as_long_as_they_are_good()
        autodiscover_modules("personal_data")
