"""`manage.py export_person ADDRESS`: all that is kept about a person, for who asks for it by letter."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.accounts.audit import trail
from portal.accounts.models import User
from portal.accounts.people import personal_data


class Command(BaseCommand):
    help = "Print all that is stored about a person as JSON, as they can download it themselves. It goes on record."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", help="by which they sign in")

    def handle(self, *args: Any, address: str, **options: Any) -> None:
        user = User.objects.filter(email=address.strip().lower()).first()
        if user is None:
            raise CommandError(f"Nobody signs in as {address}.")
        trail.record_person("personal_data.exported", user, target=user.email, proven=False)
        self.stdout.write(personal_data.as_json(user), ending="")
