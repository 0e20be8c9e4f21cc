"""Taking a person out of the audit trail, which stays whole: entries no longer tell who it was, and keep their place.

What an entry said when it was written is in its digest, which stays as it is: the entry after it has it, and so do
anchors that are kept elsewhere. That it says less now is vouched for by a later entry of the same chain
(`trail.REMOVED`), with the digest of what is left. Without one, `trail.problems` tells that the entry was changed.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from portal.accounts.audit import actions, append_only, trail
from portal.accounts.models import AuditEntry, AuditHead, Customer, User

TELLING = ("actor", "address", "target", "before", "after")
# What stands around an address where it is one by itself, and no part of a longer one.
_BEFORE, _AFTER = r"(?<![\w.!#$%&'*+=?^`{|}~-])", r"(?![\w@-]|\.\w)"


@dataclass(frozen=True)
class Person:
    """Whom to take out: the addresses and names that they ever had here."""

    pk: int
    addresses: frozenset[str]
    names: frozenset[str]

    @classmethod
    def of(cls, user: User) -> "Person":
        """With what the trail has of earlier times."""
        acted = AuditEntry.objects.order_by().filter(actor_id=user.pk).values_list("actor", flat=True).distinct()
        addresses = {user.email, *(actor.partition(" as ")[0] for actor in acted)} - {""}
        renamed = AuditEntry.objects.filter(action="name.changed", target__in=addresses).values_list("before", "after")
        names = {json.loads(text).get("name", "") for pair in renamed for text in pair if text}
        return cls(user.pk, frozenset(addresses), frozenset({user.name, *names} - {""}))

    @property
    def pseudonym(self) -> str:
        """What stands for them from now on: the same everywhere, and of no use outside."""
        return actions.pseudonym(self.pk)

    @property
    def mentioned(self) -> Q:
        """Entries that may be about them."""
        return reduce(or_, (_mentioning(address) for address in self.addresses), Q(actor_id=self.pk))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        found = "|".join(map(re.escape, sorted(self.addresses)))
        return re.compile(f"{_BEFORE}(?:{found}){_AFTER}", re.IGNORECASE)

    def without(self, text: str) -> str:
        """The text with the pseudonym for each address."""
        return self._pattern.sub(self.pseudonym, text)

    def without_values(self, value: Any, *, names: bool) -> Any:
        """The same of whatever JSON holds; with their names too, where they are all that a text says."""
        match value:
            case str():
                return self.pseudonym if names and value in self.names else self.without(value)
            case list():
                return [self.without_values(one, names=names) for one in value]
            case dict():
                return {self.without(key): self.without_values(one, names=names) for key, one in value.items()}
            case _:
                return value


def take_out(person: Person) -> int:
    """Every entry about them, in all chains, and one in each chain that says so. Answers how many entries it were.

    Whoever adds to the trail waits meanwhile.
    """
    with transaction.atomic():
        list(AuditHead.objects.select_for_update(no_key=True).order_by("chain"))
        changed = [entry for entry in AuditEntry.objects.filter(person.mentioned) if _redact(entry, person)]
        with append_only.lifted(connection):
            AuditEntry.objects.bulk_update(changed, TELLING, batch_size=200)
        _vouch(person, changed)
    return len(changed)


def _mentioning(address: str) -> Q:
    written = json.dumps(address)[1:-1]  # as JSON has letters beyond ASCII
    fields = {"actor": address, "target": address, "before": written, "after": written}
    return reduce(or_, (Q(**{f"{name}__icontains": text}) for name, text in fields.items()))


def _redact(entry: AuditEntry, person: Person) -> bool:
    """Whether that left something out."""
    before = {name: getattr(entry, name) for name in TELLING}
    is_theirs = entry.actor_id == person.pk
    is_about = is_theirs or person.without(entry.target) != entry.target
    if is_theirs or (is_about and entry.actor_id is None):
        entry.address = ""  # where they were
    entry.actor, entry.target = person.without(entry.actor), person.without(entry.target)
    for name in ("before", "after"):
        if text := getattr(entry, name):
            setattr(entry, name, trail.as_json(person.without_values(json.loads(text), names=is_about)))
    return before != {name: getattr(entry, name) for name in TELLING}


def _vouch(person: Person, changed: Iterable[AuditEntry]) -> None:
    """An entry in each chain that had some, and in the portal's own."""
    left: dict[str, dict[str, str]] = defaultdict(dict, {trail.PORTAL: {}})
    for entry in changed:
        left[entry.chain][str(entry.sequence)] = trail.digest_of(entry)
    for chain in sorted(left):
        digests: Mapping[str, str] = left[chain]
        customer = Customer(number=chain) if chain else None
        trail.record(trail.REMOVED, customer=customer, target=person.pseudonym, after={trail.LEFT: digests})
