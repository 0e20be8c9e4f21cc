"""`manage.py end_sessions ADDRESS …` or `--all`: sign people out everywhere, as when a device was stolen."""

from typing import Any

from django.contrib.sessions.models import Session
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from portal.accounts.audit import trail
from portal.accounts.models import User
from portal.accounts.sign_in import sessions


class Command(BaseCommand):
    help = "Sign out the people of these addresses, or everybody, on all their devices. It goes on record."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("emails", nargs="*", metavar="ADDRESS", help="e-mail addresses of people")
        parser.add_argument("--all", action="store_true", help="everybody, and what is left of sessions")

    @transaction.atomic
    def handle(self, *args: Any, emails: list[str], all: bool, **options: Any) -> None:  # noqa: A002
        if bool(emails) == all:
            raise CommandError("Name people by their addresses, or give --all.")
        known = {user.email: user for user in User.objects.order_by("email")}
        if unknown := [email for email in emails if email.lower() not in known]:
            raise CommandError(f"Nobody is known as {', '.join(unknown)}. Nobody was signed out.")
        ended = sum(map(end, known.values() if all else [known[email.lower()] for email in emails]))
        if all:
            Session.objects.all().delete()
        self.stdout.write(f"{ended} sessions ended")


def end(user: User) -> int:
    """Ends all sessions of one person; how many there were."""
    ended = sessions.end_all(user)
    if ended:
        trail.record_person("session.ended", user, target=f"{ended} of {user.email}, by an administrator", proven=False)
    return ended
