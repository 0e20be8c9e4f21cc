"""`manage.py reset_second_factor ADDRESS --reason TEXT`: for a person who has lost their device and their codes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.accounts.models import User
from portal.accounts.sign_in import recovery


class Command(BaseCommand):
    help = (
        "Remove all second factors of a person and sign them out everywhere. They are told by mail; it goes on record."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="ADDRESS", help="the person's e-mail address")
        parser.add_argument("--reason", required=True, help="how you made sure who they are; it stands in the trail")

    def handle(self, *args: Any, email: str, reason: str, **options: Any) -> None:
        user = User.objects.filter(email=email.lower()).first()
        if user is None:
            raise CommandError(f"Nobody is known as {email}. Nothing was changed.")
        if not reason.strip():
            raise CommandError("Give a reason. Nothing was changed.")
        removed = recovery.reset(user, reason)
        self.stdout.write(f"removed: {', '.join(removed) or 'nothing, there was none'}")
