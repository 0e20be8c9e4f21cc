"""`manage.py seed_demo --customers N`: the people, customers and keys that fit the sandbox's world."""

from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from portal.accounts.models import ApiKey, Customer, Membership, User
from portal.accounts.roles import Role

PASSWORD = "portal-demo"  # noqa: S105 - the demo's, said on the sign-in page

# address, name, customer's number, role, group that they are limited to (design.md, Fixed names)
PEOPLE = (
    ("manager@example.com", "Maren Manager", 10001, Role.MANAGER, ""),
    ("operator@example.com", "Olaf Operator", 10001, Role.OPERATOR, ""),
    ("viewer@example.com", "Vera Viewer", 10001, Role.VIEWER, ""),
    ("billing@example.com", "Bilal Billing", 10001, Role.BILLING, ""),
    ("child@example.com", "Chris Child", 10001, Role.OPERATOR, "example"),
    ("outsider@example.com", "Oona Outsider", 10002, Role.MANAGER, ""),
)
FIRST = 10000
NAMES = {10001: "Example Services GmbH", 10002: "Acme AG"}
GROUPS = {10001: "services", 10002: "acme"}


class Command(BaseCommand):
    help = "Make the demo's people, customers and API keys; what is there already is brought back to this state."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--customers", type=int, default=2, help="how many customers, at least 2 (default 2)")

    @transaction.atomic
    def handle(self, *args: Any, customers: int, **options: Any) -> None:
        password = make_password(PASSWORD)
        for number in range(FIRST + 1, FIRST + 1 + max(customers, 2)):
            seed_customer(number)
        for email, name, number, role, group in people(max(customers, 2)):
            seed_member(seed_person(email, name, password), number, role, group)
        seed_person("staff@example.com", "Stella Staff", password, is_staff=True)  # an admin in the console
        self.stdout.write(f"{max(customers, 2)} customers; everyone's password is {PASSWORD}")


def people(customers: int) -> list[tuple[str, str, int, Role, str]]:
    """The cast, and a manager for each customer beyond the second."""
    more = ((f"manager{k}@example.com", f"Manager {k}", FIRST + k, Role.MANAGER, "") for k in range(3, customers + 1))
    return [*PEOPLE, *more]


def seed_customer(number: int) -> None:
    """The customer and the key of its top group."""
    customer, _created = Customer.objects.update_or_create(
        number=str(number), defaults={"name": NAMES.get(number, f"Customer {number}")}
    )
    group = GROUPS.get(number, f"c{number - FIRST}")
    key = ApiKey.objects.filter(resource_group=group).first() or ApiKey(resource_group=group)
    key.customer = customer
    key.set_secret(f"{group}-demo-key")
    key.save()


def seed_person(email: str, name: str, password: str, *, is_staff: bool = False) -> User:
    """A person with that address and (hashed) password."""
    user, _created = User.objects.update_or_create(
        email=email,
        defaults={
            "name": name,
            "password": password,
            "is_staff": is_staff,
            "is_superuser": is_staff,
            "is_active": True,
        },
    )
    return user


def seed_member(user: User, number: int, role: Role, group: str) -> None:
    """Their membership in the customer of that number."""
    customer = Customer.objects.get(number=str(number))
    Membership.objects.update_or_create(user=user, customer=customer, defaults={"role": role, "group": group})
