"""Search over all customers: what is meant by a text, best first."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import urlencode

from django.db import connection
from django.db.models import F, QuerySet
from django.db.models.functions import Collate
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.accounts.models import Customer, Membership
from portal.accounts.people.people import named_so
from portal.changes.models import Change
from portal.console.customers.notes import Subject, noted
from portal.console.models import Entry, Term
from portal.console.search.terms import Range, ranges, word_range
from portal.resources.spelling import mac_digits, mentions, natural, plain, whole_number, words_of
from portal.resources.types import TYPES

MOST_CANDIDATES = 200
MOST_WORDS = 6
MOST_OF_A_KIND = 20  # customers, people
ENOUGH = 10  # found by the beginning of a word: then nobody means the middle of one
SHORTEST_MIDDLE = 3  # characters


@dataclass(frozen=True, slots=True)
class Hit:
    """Something to go to; attributes as of customer.search.Hit, whose template shows it."""

    rank: int  # 0 exactly so, 1 begins so, 2 a word of it begins so, 3 mentions it otherwise
    icon: str
    title: str
    address: str
    note: str
    state: SafeString | str = ""  # the mark of what has notes
    subject: Subject | None = None


@dataclass(frozen=True, slots=True)
class RecordHit:
    """A record. Many are found where few are shown: only those are put into words."""

    rank: int
    entry: Entry

    def told(self, text: str) -> Hit:
        entry, kind = self.entry, TYPES[self.entry.type_name]
        address = reverse("console:record", args=[entry.customer.number, entry.type_name, entry.key])
        parts = (_mentioned(entry, text), entry.note[:80], str(entry.customer), _(kind.label))
        note = " · ".join(part for part in parts if part)
        subject = (entry.customer_id, f"{entry.type_name}/{entry.key}")
        return Hit(self.rank, kind.icon, entry.title, address, note, subject=subject)


@dataclass(frozen=True)
class Finder:
    """What somebody looks for, and what there is."""

    text: str
    most: int

    @cached_property
    def _all(self) -> list[Hit | RecordHit]:
        if not self.text:
            return []
        hits: list[Hit | RecordHit] = [*_customers(self.text), *_people(self.text), *_changes(self.text)]
        hits += _records(self.text)
        return sorted(hits, key=lambda hit: hit.rank)  # stable: among equals customers first, then people

    @cached_property
    def hits(self) -> list[Hit]:
        shown = [hit if isinstance(hit, Hit) else hit.told(self.text) for hit in self._all[: self.most]]
        notes = noted(hit.subject for hit in shown if hit.subject)
        return [replace(hit, state=_mark(notes[hit.subject])) if hit.subject in notes else hit for hit in shown]

    @property
    def more(self) -> int:
        return max(0, len(self._all) - self.most)

    @property
    def goes_at_once(self) -> bool:
        """Whether Enter in the jump field leads to the first hit."""
        exact = [hit for hit in self._all if hit.rank == 0]
        return len(self._all) == 1 or len(exact) == 1

    @property
    def all_address(self) -> str:
        return f"{reverse('console:home')}?{urlencode({'q': self.text})}"


def _mark(notes: int) -> SafeString:
    return render_to_string("console/noted.html", {"notes": notes})


def _rank(text: str, *names: str) -> int:
    wanted = plain(text)
    found = [plain(name) for name in names]
    if wanted in found:
        return 0
    if any(name.startswith(wanted) for name in found):
        return 1
    return 2 if any(f" {wanted}" in name for name in found) else 3


def _customers(text: str) -> Iterator[Hit]:
    for customer in _named_so(text):
        address = reverse("console:customer", args=[customer.number])
        title = f"{customer.number} {customer.name}"
        rank = _rank(text, customer.number, customer.name)
        yield Hit(rank, "building", title, address, _("Customer"), subject=(customer.pk, ""))


def _named_so(text: str) -> list[Customer]:
    """By number and name, the first few; compared here: databases differ in what they hold to be the same letter."""
    words = words_of(text, MOST_WORDS)
    known = Customer.objects.order_by("number").values_list("pk", "number", "name")
    found = [
        pk
        for pk, number, name in known
        if all(number.startswith(word[0]) or mentions(plain(name), [word]) for word in words)
    ][:MOST_OF_A_KIND]
    return list(Customer.objects.filter(pk__in=found).order_by("number"))


def _people(text: str) -> Iterator[Hit]:
    people = named_so(text)[:MOST_OF_A_KIND]
    members: QuerySet[Membership] = Membership.objects.select_related("customer", "user").filter(user__in=people)
    for member in members.order_by("user__email", "customer__number"):
        note = f"{member.customer} · {member.get_role_display()}"
        address = f"{reverse('console:customer', args=[member.customer.number])}#people"
        rank = _rank(text, member.user.email, member.user.name)
        yield Hit(rank, "user", f"{member.user.name} {member.user.email}".strip(), address, note)


def _changes(text: str) -> Iterator[Hit]:
    """`12`, `#12`, and with the customer's number `10001 12` or `10001/12`."""
    numbers = text.replace("#", " ").replace("/", " ").split()
    if not numbers or len(numbers) > 2 or any(whole_number(one) is None for one in numbers):
        return
    changes = Change.objects.select_related("customer", "author").filter(number=int(numbers[-1]))
    if len(numbers) == 2:
        changes = changes.filter(customer__number=numbers[0])
    for change in changes.order_by("-created")[:8]:
        address = reverse("console:change", args=[change.customer.number, change.number])
        title = _("Change %(number)s") % {"number": change.number}
        yield Hit(
            0 if "#" in text or len(numbers) == 2 else 1,
            "history",
            title,
            address,
            f"{change.customer} · {change.get_state_display()}",
            subject=(change.customer_id, f"change/{change.number}"),
        )


def _records(text: str) -> Iterator[RecordHit]:
    entries = _by_whole(text) or _by_words(text)
    if len(entries) < ENOUGH:
        entries += _by_middle(text, {one.pk for one in entries})
    seen: set[tuple[int, str, str]] = set()
    for entry in sorted(entries, key=lambda one: (_rank(text, one.title), natural(one.title))):
        same = (entry.customer_id, entry.type_name, entry.key)
        if same not in seen:  # two keys of a customer may reach it
            seen.add(same)
            yield RecordHit(0 if plain(text) in entry.words.split("\n") else _rank(text, entry.title), entry)


def _mentioned(entry: Entry, text: str) -> str:
    """What the record has of what was typed, as the platform writes it, where its title and note do not say it."""
    words = entry.words.split("\n")
    said = plain(f"{entry.title}\n{entry.note}")
    for spelling in (spelling for word in words_of(text, MOST_WORDS) for spelling in reversed(word)):
        if spelling in said:
            return ""
        if found := next((word for word in words if word.startswith(spelling)), ""):
            return found
    digits = mac_digits(plain(text))
    mac = next((word for word in words if digits and word.startswith("mac:") and word.endswith(digits)), "")
    return ":".join(re.findall("..", mac.removeprefix("mac:")))


def _by_whole(text: str) -> list[Entry]:
    """By the text as one: a name, an address, a prefix, a MAC address, an amount."""
    for one in ranges(text):
        if found := _entries(one):
            return found
    return []


def _by_words(text: str) -> list[Entry]:
    """By several words, each of which must be mentioned, of the record or of its customer. The longest is looked up,
    it being the rarest most likely; then the others, since it may be the customer's."""
    words = plain(text).split()[:MOST_WORDS]
    if len(words) < 2:
        return []
    for looked_up in sorted(set(words), key=len, reverse=True):
        found = [one for one in _entries(word_range(looked_up)) if all(word in _all_of(one) for word in words)]
        if found:
            return found
    return []


def _by_middle(text: str, found: set[int]) -> list[Entry]:
    """By what stands somewhere in a title: "eb12" of web12."""
    if len(text) < SHORTEST_MIDDLE:
        return []
    ids = Entry.objects.filter(title__icontains=text).values_list("pk", flat=True)[:MOST_CANDIDATES]
    return list(Entry.objects.select_related("customer").filter(pk__in=set(ids) - found))


def _all_of(entry: Entry) -> str:
    return f"{entry.words}\n{plain(str(entry.customer))}"


def _entries(wanted: Range) -> list[Entry]:
    first, last = wanted
    terms = Term.objects.annotate(bytes=_by_bytes()).filter(bytes__gte=first, bytes__lt=last).order_by("bytes")
    found = set(terms.values_list("entry_id", flat=True)[:MOST_CANDIDATES])
    return list(Entry.objects.select_related("customer").filter(pk__in=found))


def _by_bytes() -> F | Collate:
    """A term as SQLite compares it and PostgreSQL is told to: a range is then one stretch of an index."""
    return F("term") if connection.vendor == "sqlite" else Collate("term", "C")
