"""All that is kept about a person, as a file for them (GDPR, articles 15 and 20).

Each package that keeps something about people says so in a module `personal_data`, with the fields that are told. What
lets somebody in is none of them, nor what a customer's records held: that is the customer's, and may be out of the
person's sight by now.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, Q

from portal.accounts.models import User


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows about a person: under which name they stand in the file, which they are, and what of them is told."""

    name: str
    model: type[Model]
    of: Callable[[User], Q]
    fields: tuple[str, ...]


PERSON = Kept(
    "person",
    User,
    lambda user: Q(pk=user.pk),
    ("email", "name", "language", "time_zone", "paper_size", "is_active", "is_staff", "date_joined", "last_login"),
)
type Unfinished = Callable[[User], Iterable[str]]
"""In words, what goes on in a person's place, and has to end before they can be removed (accounts.people.removal)."""

kept: list[Kept] = []
unfinished: list[Unfinished] = []


def register(*kinds: Kept, goes_on: Unfinished | None = None) -> None:
    """What a package keeps; when its module is loaded (AccountsConfig)."""
    kept.extend(kinds)
    if goes_on is not None:
        unfinished.append(goes_on)


def theirs(user: User) -> Q:
    """Rows that belong to them."""
    return Q(user=user)


def as_json(user: User) -> str:
    """The whole file, in a form that people and programs read."""
    found: dict[str, object] = {"person": _rows(PERSON, user)[0]}
    found |= {kind.name: _rows(kind, user) for kind in kept}
    return json.dumps(found, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1) + "\n"


def _rows(kind: Kept, user: User) -> list[dict[str, object]]:
    rows = kind.model._default_manager.filter(kind.of(user)).order_by("pk")
    return [{name.replace("__", "_"): value for name, value in row.items()} for row in rows.values(*kind.fields)]
