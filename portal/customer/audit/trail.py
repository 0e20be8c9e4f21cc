"""The audit trail of a customer: who did what, when, from where; as a page, for a spreadsheet, as JSON lines."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from functools import cached_property, reduce
from operator import or_
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.timezone import get_current_timezone, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.accounts.access import get_scope
from portal.accounts.audit import actions
from portal.accounts.audit import trail as trail_of
from portal.accounts.models import AuditEntry, Customer
from portal.accounts.people.people import named_so
from portal.accounts.roles import AUDIT, Verb
from portal.customer.audit import presenter
from portal.customer.shell import render_page
from portal.resources.spelling import address_in, plain
from portal.resources.times import berlin_today, midnight, parse_day
from portal.ui.lists.pager import Uncounted, read_page
from portal.ui.spreadsheets import downloads
from portal.ui.spreadsheets.sheets import Cell, Sheet

# Of an entry as JSON lines: with these it can be verified by anybody.
COLUMNS = ("sequence", "at", "action", "actor", "address", "target", "before", "after", "previous", "digest")


@dataclass(frozen=True)
class Filters:
    """What to show; empty is all. Days by the reader's clock, both included."""

    kind: str = ""
    person: str = ""
    text: str = ""
    since: date | None = None
    until: date | None = None

    @classmethod
    def of(cls, request: HttpRequest) -> "Filters":
        """As the address has it; what makes no sense there is left out."""
        asked = {name: request.GET.get(name, "").replace("\0", "").strip()[:200] for name in ("kind", "person", "q")}
        kind = asked["kind"] if asked["kind"] in actions.KIND_OF else ""
        return cls(
            kind, asked["person"], asked["q"], *(parse_day(request.GET.get(name, "")) for name in ("since", "until"))
        )

    @property
    def pairs(self) -> list[tuple[str, str]]:
        values = {"kind": self.kind, "person": self.person, "q": self.text, "since": self.since, "until": self.until}
        return [(name, str(value)) for name, value in values.items() if value]

    def apply(self, entries: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        if self.kind:
            entries = entries.filter(
                reduce(or_, (Q(action__startswith=prefix) for prefix in actions.KIND_OF[self.kind]))
            )
        if self.person:
            entries = entries.filter(actor=self.person)
        if self.text:
            entries = entries.filter(_mentions(self.text))
        if self.since:
            entries = entries.filter(at__gte=midnight(self.since, get_current_timezone()))
        if self.until:
            entries = entries.filter(at__lt=midnight(self.until + timedelta(days=1), get_current_timezone()))
        return entries


def _mentions(text: str) -> Q:
    """What it was done to (or in which group), by whom (by name or address), from where (however it is written)."""
    address = address_in(plain(text))
    return (
        Q(target__icontains=text)
        | Q(before__icontains=text)
        | Q(after__icontains=text)
        | Q(address=str(address or text))
        | Q(actor__icontains=text)
        | Q(actor__in=[person.email for person in named_so(text)])
    )


@dataclass(frozen=True, slots=True)
class EntryPresenter:
    """An entry in words."""

    entry: AuditEntry
    label: str
    target: str
    actor: str
    values: Sequence[tuple[str, str | None, str | None]]  # name, before, after

    @classmethod
    def of(cls, entry: AuditEntry, *, whole: bool = False) -> "EntryPresenter":
        """Long values are shortened unless `whole`."""
        values = list(presenter.values(entry, whole=whole))
        return cls(entry, actions.label(entry.action), presenter.target(entry), actions.person(entry.actor), values)


@dataclass(frozen=True)
class Trail(Uncounted[AuditEntry]):
    """A page of it."""

    customer: Customer | None  # None: what belongs to no customer
    filters: Filters
    number: int

    @property
    def _chain(self) -> QuerySet[AuditEntry]:
        return AuditEntry.objects.filter(chain=self.customer.number if self.customer else trail_of.PORTAL)

    @property
    def ordered(self) -> QuerySet[AuditEntry]:
        return self.filters.apply(self._chain.order_by("-sequence"))

    @cached_property
    def rows(self) -> list[EntryPresenter]:
        return [EntryPresenter.of(entry) for entry in self.shown]

    @property
    def all_found(self) -> Iterator[AuditEntry]:
        """All that is filtered, on all pages, oldest first."""
        return self.ordered.order_by("sequence").iterator(chunk_size=1000)

    @property
    def kinds(self) -> list[tuple[str, str, bool]]:
        return [(name, str(label), name == self.filters.kind) for name, label in actions.KINDS.items()]

    @cached_property
    def people(self) -> list[str]:
        found = self._chain.exclude(actor="").order_by("actor")
        return list(found.values_list("actor", flat=True).distinct()[:500])

    @property
    def is_filtered(self) -> bool:
        return bool(self.filters.pairs)

    @property
    def json_address(self) -> str:
        return self.address(format="jsonl")

    def address(self, **changed: str) -> str:
        return f"?{urlencode([*self.filters.pairs, *changed.items()])}"


@require_safe
def trail(request: HttpRequest, customer_no: str) -> HttpResponseBase:
    """The trail, newest first; `?format=csv|xlsx|jsonl` gives all that is filtered, oldest first."""
    scope = get_scope(request.user, customer_no)
    scope.require(Verb.SEE, AUDIT)
    found = trail_for(request, scope.customer)
    return download(request, found) or render_page(request, scope, "audit/trail.html", {"trail": found})


def trail_for(request: HttpRequest, customer: Customer | None) -> Trail:
    """What the address asks for of the customer's trail, or of the portal's own."""
    return Trail(customer, Filters.of(request), read_page(request.GET.get("page", "")))


def download(request: HttpRequest, found: Trail) -> HttpResponseBase | None:
    """The file that the address asks for; None where it asks for the page."""
    customer, asked = found.customer, dict(found.filters.pairs)
    name = f"{customer.number if customer else 'portal'}-trail-{berlin_today(now())}"
    if downloads.is_asked(request):
        return downloads.download(request, _sheet(found), name, customer=customer, target="trail", **asked)
    if request.GET.get("format") != "jsonl":
        return None
    trail_of.record("exported", customer=customer, target="trail", after=asked | {"format": "jsonl"})
    response = StreamingHttpResponse(_json_lines(found.all_found), content_type="application/jsonl; charset=utf-8")
    return downloads.as_file(response, f"{name}.jsonl")


def _sheet(found: Trail) -> Sheet:
    """For people: in words, as on the page, and nothing shortened."""
    heading = (
        *(_("No."), _("Time (UTC)"), _("Action"), _("Target"), _("User"), _("IP address"), _("Before"), _("After")),
        *(_("Digest of the previous entry"), _("Digest")),
    )
    return Sheet(_("Audit trail"), heading, map(_row, found.all_found))


def _row(entry: AuditEntry) -> Sequence[Cell]:
    told = EntryPresenter.of(entry, whole=True)
    before = "; ".join(f"{name}: {old}" for name, old, _new in told.values if old is not None)
    after = "; ".join(f"{name}: {new}" for name, _old, new in told.values if new is not None)
    start = (entry.sequence, entry.at, told.label, told.target, told.actor, entry.address)
    return (*start, before, after, entry.previous, entry.digest)


def _json_lines(entries: Iterable[AuditEntry]) -> Iterator[str]:
    for entry in entries:
        plain = _plain(entry)
        read = {name: json.loads(plain[name]) if plain[name] else None for name in ("before", "after")}
        yield json.dumps(plain | read, ensure_ascii=False) + "\n"


def _plain(entry: AuditEntry) -> dict[str, Any]:
    """The entry's columns, its time in UTC."""
    return {name: getattr(entry, name) for name in COLUMNS} | {"at": entry.at.astimezone(UTC).isoformat()}
