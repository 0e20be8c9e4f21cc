"""The audit trail of a customer: who did what, when, from where; filtered, as a page, CSV or JSON lines."""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from functools import cached_property, reduce
from operator import or_
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.timezone import now
from django.views.decorators.http import require_safe

from portal.accounts import actions
from portal.accounts import audit as trail_of
from portal.accounts.access import get_scope
from portal.accounts.models import AuditEntry, Customer
from portal.accounts.people import named_so
from portal.accounts.roles import AUDIT, Verb
from portal.customer import trail_words
from portal.customer.shell import render_page
from portal.resources.spelling import address_in, plain
from portal.resources.times import berlin_today, midnight, parse_day
from portal.ui.csv_export import BOM, safe

PER_PAGE = 50
COLUMNS = ("sequence", "at", "action", "actor", "address", "target", "before", "after", "previous", "digest")


@dataclass(frozen=True)
class Filters:
    """What to show; empty is all. Days of Berlin, both included."""

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
            entries = entries.filter(at__gte=midnight(self.since))
        if self.until:
            entries = entries.filter(at__lt=midnight(self.until + timedelta(days=1)))
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
class Told:
    """An entry in words."""

    entry: AuditEntry
    label: str
    target: str
    values: Sequence[tuple[str, str | None, str | None]]  # name, before, after


@dataclass(frozen=True)
class Trail:
    """A page of it. One more than shown is looked up, so that nothing has to be counted."""

    customer: Customer
    filters: Filters
    number: int

    @cached_property
    def entries(self) -> QuerySet[AuditEntry]:
        chain = AuditEntry.objects.filter(chain=self.customer.number).order_by("-sequence")
        return self.filters.apply(chain)

    @cached_property
    def _found(self) -> list[AuditEntry]:
        start = (self.number - 1) * PER_PAGE
        return list(self.entries[start : start + PER_PAGE + 1])

    @cached_property
    def rows(self) -> list[Told]:
        return [
            Told(entry, actions.label(entry.action), trail_words.target(entry), list(trail_words.values(entry)))
            for entry in self._found[:PER_PAGE]
        ]

    @property
    def kinds(self) -> list[tuple[str, str, bool]]:
        return [(name, str(label), name == self.filters.kind) for name, label in actions.KINDS.items()]

    @cached_property
    def people(self) -> list[str]:
        found = AuditEntry.objects.filter(chain=self.customer.number).exclude(actor="").order_by("actor")
        return list(found.values_list("actor", flat=True).distinct()[:500])

    @property
    def is_filtered(self) -> bool:
        return bool(self.filters.pairs)

    @property
    def newer(self) -> str:
        return self._address(page=str(self.number - 1)) if self.number > 1 else ""

    @property
    def older(self) -> str:
        return self._address(page=str(self.number + 1)) if len(self._found) > PER_PAGE else ""

    @property
    def csv_address(self) -> str:
        return self._address(format="csv")

    @property
    def json_address(self) -> str:
        return self._address(format="jsonl")

    def _address(self, **more: str) -> str:
        return f"?{urlencode([*self.filters.pairs, *more.items()])}"


@require_safe
def trail(request: HttpRequest, customer_no: str) -> HttpResponseBase:
    """The trail, newest first; `?format=csv` and `?format=jsonl` give all that is filtered, oldest first."""
    scope = get_scope(request.user, customer_no)
    scope.require(Verb.SEE, AUDIT)
    found = Trail(scope.customer, Filters.of(request), _number(request.GET.get("page", "")))
    writer = {"csv": _csv, "jsonl": _json_lines}.get(request.GET.get("format", ""))
    if writer is None:
        return render_page(request, scope, "audit/trail.html", {"trail": found})
    asked = dict(found.filters.pairs) | {"format": request.GET["format"]}
    trail_of.record("exported", customer=scope.customer, target="trail", after=asked)
    return _file(scope.customer, writer(found.entries.order_by("sequence")), request.GET["format"])


def _file(customer: Customer, lines: Iterator[str], ending: str) -> StreamingHttpResponse:
    kind = "text/csv" if ending == "csv" else "application/jsonl"
    response = StreamingHttpResponse(lines, content_type=f"{kind}; charset=utf-8")
    name = f"{customer.number}-trail-{berlin_today(now())}.{ending}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


class _Line:
    """Gives a written line back instead of writing it."""

    def write(self, text: str) -> str:
        return text


def _csv(entries: QuerySet[AuditEntry]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield BOM + writer.writerow(COLUMNS)
    for entry in entries.iterator(chunk_size=1000):
        yield writer.writerow([safe(str(value)) for value in _plain(entry).values()])


def _json_lines(entries: QuerySet[AuditEntry]) -> Iterator[str]:
    for entry in entries.iterator(chunk_size=1000):
        plain = _plain(entry)
        read = {name: json.loads(plain[name]) if plain[name] else None for name in ("before", "after")}
        yield json.dumps(plain | read, ensure_ascii=False) + "\n"


def _plain(entry: AuditEntry) -> dict[str, Any]:
    """The entry's columns, its time in UTC."""
    return {name: getattr(entry, name) for name in COLUMNS} | {"at": entry.at.astimezone(UTC).isoformat()}


def _number(text: str) -> int:
    return min(max(int(text), 1), 100_000) if text.isascii() and text.isdigit() and len(text) < 7 else 1
