"""`manage.py remove_person ADDRESS`: removes a person, and what tells who they were."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.accounts.audit import actions
from portal.accounts.models import User
from portal.accounts.people.removal import CannotRemove, remove


class Command(BaseCommand):
    help = (
        "Remove a person: their account, what belongs to it, and their address and name from the audit trail, which "
        "stays whole. It cannot be undone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", help="by which they sign in")
        parser.add_argument("--no-input", action="store_true", help="do not ask whether it is meant")

    def handle(self, *args: Any, address: str, no_input: bool, **options: Any) -> None:
        user = User.objects.filter(email=address.strip().lower()).first()
        if user is None:
            raise CommandError(f"Nobody signs in as {address}.")
        if not no_input and input(f"Type {user.email} again to remove it for good: ").strip().lower() != user.email:
            raise CommandError("Nothing was changed.")
        pk = user.pk
        try:
            left = remove(user)
        except CannotRemove as error:
            raise CommandError("\n".join(["Nothing was changed.", *error.reasons])) from error
        self.stdout.write(f"Removed. The audit trail has {actions.pseudonym(pk)} in their place.")
        if left:
            self.stdout.write("\n".join(["The address still stands in what people have written:", *left]))
