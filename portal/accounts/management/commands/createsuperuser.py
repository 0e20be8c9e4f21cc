"""`manage.py createsuperuser`: the first admin of support staff, on record; the console makes all others."""

from typing import Any

from django.contrib.auth.management.commands.createsuperuser import Command as Django
from django.core.management.base import CommandError
from django.db import IntegrityError, transaction

from portal.accounts.audit import trail
from portal.accounts.models import User


class Command(Django):
    def handle(self, *args: Any, **options: Any) -> None:
        known = set(User.objects.values_list("pk", flat=True))
        try:
            with transaction.atomic():
                super().handle(*args, **options)
                for made in User.objects.exclude(pk__in=known):
                    trail.record("staff.changed", target=made.email, after={"staff": True, "admin": True})
        except IntegrityError:  # Django compares addresses as they are typed, we in lower case
            raise CommandError("Somebody has this address already. Nothing was changed.") from None
