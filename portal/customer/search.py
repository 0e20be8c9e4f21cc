"""Search, and jump to a page: one answer as a page, and as what drops down below the search field."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from portal.accounts.access import Scope, get_scope
from portal.changes.models import State
from portal.changes.reads.pending import Pending, PendingIndex, pending_of
from portal.customer.shell import Shell, render_page, wants_part
from portal.inventory import reads
from portal.inventory.listings.derived import what_mentions
from portal.inventory.listings.listing import Listing
from portal.inventory.listings.search import Found, search
from portal.plans.ended import EndedPlan, applied_plans
from portal.plans.models import State as PlanState
from portal.plans.models import titled
from portal.plans.open_plans import OpenPlan
from portal.resources.spec import Record
from portal.resources.spelling import Words, mentions, plain, words_of
from portal.resources.types import TYPES
from portal.ui import links
from portal.ui.format import badges, values
from portal.ui.format import pending as pending_words
from portal.ui.format.refusal import refused_of
from portal.ui.format.values import Viewing
from portal.ui.page_context import Surroundings
from portal.ui.pending_records import as_wanted

MOST_TYPED = 200
MOST_OF_TEXT = 60
MOST_BELOW_FIELD, MOST_ON_PAGE = 10, 100


@dataclass(frozen=True, slots=True)
class Hit:
    """Something to go to."""

    icon: str
    title: str
    address: str
    note: SafeString | str
    state: SafeString | str = ""


@dataclass(frozen=True)
class Search:
    """What a person looks for, and what there is."""

    scope: Scope
    pending: PendingIndex
    shell: Shell
    text: str
    most: int

    @cached_property
    def found(self) -> Found:
        return search(self._listings.values(), self.text, most=self.most, beside=self._beside)

    @cached_property
    def _listings(self) -> Mapping[str, Listing]:
        return reads.listings(self.scope, [name for name in TYPES if self.scope.may_see(name)], wait=False)

    @cached_property
    def _creations(self) -> dict[tuple[str, str], Pending]:
        """What is being created and not on the platform yet, and what was lately refused, by type and key."""
        asked = (
            (listing, one)
            for name, listing in self._listings.items()
            for one in (*self.pending.created(name), *refused_of(self.scope, self.pending, listing))
        )
        return {(one.type_name, one.key): one for listing, one in asked if one.key not in listing.by_key}

    @property
    def _beside(self) -> Mapping[str, list[Record]]:
        """The records that these would be."""
        found: dict[str, list[Record]] = {}
        for one in self._creations.values():
            if record := as_wanted(one):
                found.setdefault(one.type_name, []).append(record)
        return found

    @cached_property
    def hits(self) -> list[Hit]:
        """Pages and actions whose name is meant, the plan of that number, records, plans whose name mentions it."""
        records = (self._hit(record) for record in self.found.records)
        numbered = [plan for plan in self._plans if self._is_number_of(plan)]
        named = [plan for plan in self._plans[: self.most] if plan not in numbered]
        return [*self._pages(), *map(self._plan, numbered), *records, *map(self._plan, named)]

    @property
    def more(self) -> int:
        return self.found.total - len(self.found.records) + len(self._plans[self.most :])

    @property
    def goes_at_once(self) -> bool:
        """Whether Enter in the jump field leads to the first hit: there is no other, or it is named exactly so."""
        return bool(self.hits) and (len(self.hits) == 1 or plain(self.hits[0].title) == plain(self.text).strip())

    @property
    def all_address(self) -> str:
        return links.search(self.scope.customer.number, self.text)

    def _pages(self) -> Iterator[Hit]:
        words = plain(self.text).split()
        pages = [(item.icon, item.label, item.url, _("Page")) for item in self.shell.nav]
        number = self.scope.customer.number
        makeable = [one for one in TYPES.values() if one.creatable and self.scope.may_change(one.name)]
        actions = [
            ("plus", _("New: %(label)s") % {"label": _(one.label)}, links.new(number, one.name), _("Action"))
            for one in makeable
        ]
        for icon, label, url, kind in [*pages, *actions]:
            if words and all(any(part.startswith(word) for part in plain(label).split()) for word in words):
                yield Hit(icon, label, url, kind)

    @cached_property
    def _plans(self) -> list[OpenPlan | EndedPlan]:
        """Plans whose name has every word, or is "Plan 3": the one of that number first, those applied last."""
        words = words_of(self.text)
        if not words:
            return []
        still_open = [plan for plan in self.shell.plans.plans if _mentions(plan.number, plan.name, words)]
        ended = applied_plans(self.scope, lambda number, name: _mentions(number, name, words))
        return sorted([*still_open, *ended], key=self._is_number_of, reverse=True)

    def _is_number_of(self, plan: OpenPlan | EndedPlan) -> bool:
        return plain(self.text) in (str(plan.number), plain(titled(plan.number, "")))

    def _plan(self, plan: OpenPlan | EndedPlan) -> Hit:
        shown = ngettext("one change", "%(shown)s changes", plan.count) % {"shown": plan.count}
        kind = titled(plan.number, "") if plan.name else _("Plan")
        note = format_html_join(" · ", "{}", ((part,) for part in (PlanState(plan.state).label, shown, kind)))
        icon = "circle-check" if plan.state == PlanState.APPLIED else "clipboard-list"
        return Hit(icon, plan.title, links.plan(self.scope.customer.number, plan.number), note)

    def _hit(self, record: Record) -> Hit:
        around = self._surroundings
        viewing = around.viewing(record)
        listing = around.listings[record.type.name]
        statuses = reads.states(self.scope, listing).get(record.key, ()) if record.type.has_states else ()
        address = links.record(self.scope.customer.number, record.type.name, record.key)
        state = badges.badges(statuses, viewing.zone, viewing.now) if statuses else ""
        if creation := self._creations.get((record.type.name, record.key)):
            state = pending_words.badge(creation)
            refused = creation.state == State.REJECTED
            address = links.change(self.scope.customer.number, creation.number) if refused else address
        parts = (*self._mentioned(record), _distinction(record, viewing), _(record.type.label))
        note = format_html_join(" · ", "{}", ((part,) for part in parts if part))
        return Hit(record.type.icon, record.title, address, note, state)

    def _mentioned(self, record: Record) -> Iterator[str]:
        """What of the record has what was typed, where its title does not say it."""
        texts = (what_mentions(record, word) for word in words_of(self.text))
        yield from (Truncator(text).chars(MOST_OF_TEXT) for text in dict.fromkeys(texts) if text)

    @cached_property
    def _surroundings(self) -> Surroundings:
        first = next(name for name in TYPES if self.scope.may_see(name))
        return Surroundings(self.scope, self._listings[first], known=self._listings)


def _mentions(number: int, name: str, words: Words) -> bool:
    numbered, text = plain(titled(number, "")).split(), plain(name)
    return all(word[0] in numbered or mentions(text, [word]) for word in words)


def _distinction(record: Record, viewing: Viewing) -> SafeString | str:
    """What tells the record from others of its title: its month, when it begins, its group."""
    first = record.type.columns[0]
    if str(record[first]) in record.title:
        return record.group or ""
    return values.cell(record.type.field(first), record[first], viewing)


@require_safe
def find(request: HttpRequest, customer_no: str) -> HttpResponse:
    """All that the person may see and that mentions `q`; `#hits` for htmx. With `go`, on to what is meant."""
    scope = get_scope(request.user, customer_no)
    text = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:MOST_TYPED]
    part, pending = wants_part(request), pending_of(scope)
    shell = Shell(scope, request.path, pending)
    found = Search(scope, pending, shell, text, MOST_BELOW_FIELD if part else MOST_ON_PAGE)
    if part:
        return render(request, "find/find.html#hits", {"search": found, "part": True})
    if "go" in request.GET and found.goes_at_once:
        return redirect(found.hits[0].address)
    return render_page(request, scope, "find/find.html", {"search": found}, pending=pending)
