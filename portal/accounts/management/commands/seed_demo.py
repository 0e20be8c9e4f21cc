"""`manage.py seed_demo --customers N`: the people, customers and keys that fit the sandbox's world."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from portal.accounts.models import ApiKey, Customer, Membership, User
from portal.accounts.roles import Role

PASSWORD = "portal-demo"  # noqa: S105 - the demo's, said on the sign-in page

# address, name, customer's number, role, group that they are limited to (design.md, Fixed names)
type Person = tuple[str, str, int, Role, str]
PEOPLE: tuple[Person, ...] = (
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
        count = max(customers, 2)
        made = seed_customers(range(FIRST + 1, FIRST + 1 + count))
        seed_keys(made)
        seed_people(people(count), made)
        self.stdout.write(f"{count} customers; everyone's password is {PASSWORD}")


def people(customers: int) -> list[Person]:
    """The cast, and a manager for each customer beyond the second."""
    more = ((f"manager{k}@example.com", f"Manager {k}", FIRST + k, Role.MANAGER, "") for k in range(3, customers + 1))
    return [*PEOPLE, *more]


def seed_customers(numbers: Iterable[int]) -> dict[int, Customer]:
    """The customers, by number."""
    made = {number: Customer(number=str(number), name=NAMES.get(number, f"Customer {number}")) for number in numbers}
    Customer.objects.bulk_create(made.values(), update_conflicts=True, unique_fields=["number"], update_fields=["name"])
    return made


def seed_keys(customers: Mapping[int, Customer]) -> None:
    """A key for the top group of each; where there is one, it is given the secret anew."""
    present = {key.resource_group: key for key in ApiKey.objects.all()}
    keys = []
    for number, customer in customers.items():
        group = GROUPS.get(number, f"c{number - FIRST}")
        key = present.get(group) or ApiKey(resource_group=group)
        key.customer = customer
        key.set_secret(f"{group}-demo-key")
        keys.append(key)
    sealed = ["customer", "sealed", "generation", "entered_at", "refused_at"]
    ApiKey.objects.bulk_create(keys, update_conflicts=True, unique_fields=["id"], update_fields=sealed)


def seed_people(cast: Sequence[Person], customers: Mapping[int, Customer]) -> None:
    """All with the demo's password, each a member of their customer; staff is a member of none."""
    password = make_password(PASSWORD)
    by_address = {email: User(email=email, name=name, password=password) for email, name, *_member in cast}
    staff = User(email="staff@example.com", name="Stella Staff", password=password, is_staff=True, is_superuser=True)
    User.objects.bulk_create(
        [*by_address.values(), staff],
        update_conflicts=True,
        unique_fields=["email"],
        update_fields=["name", "password", "is_staff", "is_superuser", "is_active"],
    )
    Membership.objects.bulk_create(
        [
            Membership(user=by_address[email], customer=customers[number], role=role, group=group)
            for email, _name, number, role, group in cast
        ],
        update_conflicts=True,
        unique_fields=["user", "customer"],
        update_fields=["role", "group"],
    )
