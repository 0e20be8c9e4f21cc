"""Changes of all customers: what is stuck, unknown, rejected, parked; what was sent and answered; putting it right."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import OuterRef, Prefetch, Q, QuerySet
from django.db.models.lookups import LessThan
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.access import Scope
from portal.changes import decisions as decisions
from portal.changes.errors import ChangeError, TooLate
from portal.changes.health import ON_THE_WAY, on_its_way_since
from portal.changes.models import Change, Item, State
from portal.changes.reads.history import mentions
from portal.console.customers.notes import noted, notes_of
from portal.console.shell import render_console
from portal.console.staff import find_customer, for_staff, scope_of
from portal.console.view_as.pages import view_as_address
from portal.customer.changes.presenter import ChangePresenter, Line, tag_of
from portal.customer.resources.change_sheet import change_sheet
from portal.customer.shell import wants_part
from portal.inventory import watched_customers
from portal.resources.spelling import whole_number
from portal.resources.times import berlin_today
from portal.ui import links
from portal.ui.lists.pager import PER_PAGE, Uncounted, read_page
from portal.ui.spreadsheets import downloads

MOST_AT_ONCE = PER_PAGE  # changes decided about: those of a page
STUCK_AFTER = timedelta(minutes=2)  # on its way for longer than this deserves a look
LATELY = timedelta(days=7)
SECRET = re.compile(r"password|secret|token|passphrase|private|(?<!pub)key$", re.IGNORECASE)


def _open(value: object) -> object:
    """The value without what a name says to be secret; public keys are none."""
    if isinstance(value, dict):
        return {name: "…" if SECRET.search(str(name)) else _open(inner) for name, inner in value.items()}
    return [_open(inner) for inner in value] if isinstance(value, list) else value


def stuck() -> Q:
    long_since = LessThan(on_its_way_since(), timezone.now() - STUCK_AFTER)
    return Q(long_since, done_at=None, state__in=ON_THE_WAY)


WHICH: Mapping[str, tuple[object, Callable[[], Q]]] = {
    "open": (lazy("Open"), lambda: Q(done_at=None)),
    "stuck": (lazy("Stuck"), stuck),
    "unknown": (lazy("Unknown"), lambda: Q(state=State.UNKNOWN)),
    "rejected": (lazy("Rejected"), lambda: Q(state=State.REJECTED, created__gt=timezone.now() - LATELY)),
    "parked": (lazy("Needs API key"), lambda: Q(state=State.PARKED)),
    "conflict": (lazy("Conflict"), lambda: Q(state=State.CONFLICT)),
    "all": (lazy("All"), Q),
}


@dataclass(frozen=True)
class Row:
    """A change in the list of all customers."""

    told: ChangePresenter
    address: str
    customer_address: str
    notes: int = 0  # about it

    @property
    def customer(self) -> object:
        return self.told.scope.customer

    @property
    def can_look(self) -> bool:
        return self.told.state == State.UNKNOWN

    @property
    def records(self) -> list[tuple[Line, SafeString]]:
        """What it does, and in words that lead to the console's page of each record."""
        number = self.told.scope.customer.number
        return [
            (line, line.leading_to(reverse("console:record", args=[number, line.type.name, line.title])))
            for line in self.told.lines
        ]

    @property
    def answered(self) -> list[str]:
        """What the platform answered: its fault, or the records as they are now; without anything secret."""
        answer = self.told.change.answer
        found: list[object] = [answer] if answer else []
        found += [item.result for item in self.told.items if item.result]
        return [json.dumps(_open(one), indent=2, sort_keys=True, ensure_ascii=False) for one in found]


@dataclass(frozen=True)
class ChangeList(Uncounted[Change]):
    """A page of them."""

    request: HttpRequest
    which: str
    customer: str
    text: str
    number: int

    @property
    def ordered(self) -> QuerySet[Change]:
        """All that is filtered, on all pages, newest first."""
        changes = all_changes().filter(WHICH[self.which][1]())
        if self.customer:
            changes = changes.filter(customer__number=self.customer)
        if self.text:
            changes = changes.filter(mentions(Item.objects.filter(change=OuterRef("pk")), self.text))
        return changes.order_by("-created", "-number")

    @cached_property
    def rows(self) -> list[Row]:
        return rows_of(self.request, self.shown)

    @property
    def tabs(self) -> list[tuple[str, object, bool]]:
        return [(self.address(which=name), label, name == self.which) for name, (label, _q) in WHICH.items()]

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What a download carries along."""
        return list(self._asked().items())

    def _asked(self, **changed: str) -> dict[str, str]:
        asked = {"which": self.which, "customer": self.customer, "q": self.text} | changed
        return {name: value for name, value in asked.items() if value}

    def address(self, **changed: str) -> str:
        return f"?{urlencode(self._asked(**changed))}"


def all_changes() -> QuerySet[Change]:
    """Of all customers, with what pages tell of them."""
    items = Prefetch("items", Item.objects.order_by("position"), "shown_items")
    return Change.objects.select_related("customer", "author", "api_key").prefetch_related(items)


def rows_of(request: HttpRequest, changes: Sequence[Change]) -> list[Row]:
    """For a list: with how many notes there are about each."""
    notes = noted((one.customer_id, subject_of(one)) for one in changes)
    return [row_of(request, one, notes.get((one.customer_id, subject_of(one)), 0)) for one in changes]


def row_of(request: HttpRequest, change: Change, notes: int = 0) -> Row:
    return Row(
        ChangePresenter(scope_of(request, change.customer), change),
        reverse("console:change", args=[change.customer.number, change.number]),
        reverse("console:customer", args=[change.customer.number]),
        notes,
    )


def subject_of(change: Change) -> str:
    """What a note about it is about."""
    return f"change/{change.number}"


@for_staff
@require_safe
def changes(request: HttpRequest) -> HttpResponseBase:
    """The list; `which` is one of WHICH, `customer` a number, `q` part of a name or of an author's address.

    `format=csv|xlsx` gives all of it.
    """
    which = request.GET.get("which", "open")
    found = ChangeList(
        request,
        which if which in WHICH else "open",
        request.GET.get("customer", "").replace("\x00", "")[:20],
        request.GET.get("q", "").replace("\x00", "").strip()[:200],
        read_page(request.GET.get("page", "")),
    )
    if downloads.is_asked(request):
        return _download(request, found)
    return render_console(request, "console/changes.html", {"list": found, "stuck_after": STUCK_AFTER.seconds // 60})


def _download(request: HttpRequest, found: ChangeList) -> HttpResponseBase:
    every = found.ordered
    sheet = change_sheet(
        ChangePresenter(scope_of(request, one.customer), one) for one in every.iterator(chunk_size=1000)
    )
    name = f"changes-{berlin_today(timezone.now())}"
    asked = {"records": every.count(), "filters": request.GET.urlencode()}
    return downloads.download(request, sheet, name, customer=None, target="changes", **asked)


@for_staff
@require_safe
def change(request: HttpRequest, number: str, change: int) -> HttpResponse:
    """One change: what was sent and answered, what can be done."""
    customer = find_customer(number)
    found = all_changes().filter(customer=customer, number=change).first() if change < 2**31 else None
    if found is None:
        raise Http404
    subject = subject_of(found)
    context = {
        "row": row_of(request, found),
        "customer": customer,
        "notes": notes_of(customer, subject),
        "subject": subject,
        "view_as": view_as_address(number, links.change(number, found.number)),
    }
    return render_console(request, "console/change.html", context)


@for_staff
@require_POST
def decide(request: HttpRequest) -> HttpResponse:
    """Several at once: `retry`, `cancel` or `look`, to the changes named by `change`."""
    action = request.POST.get("do", "")
    if action not in DECISIONS:
        raise Http404
    done: list[Change] = []
    not_done: list[Change] = []
    for one in _named(request.POST.getlist("change")):
        (done if _decided(request, one, action) else not_done).append(one)
    _say(request, action, done, not_done)
    page = request.POST.get("next", "")
    return redirect(page if page.startswith("/console/") and "\n" not in page else reverse("console:changes"))


@for_staff
@require_safe
def told(request: HttpRequest) -> HttpResponse:
    """What has become of the changes named by `change` (10001/6): the message that a decision leaves asks for it."""
    found = list(all_changes().filter(_any_of(request.GET.getlist("change")[:MOST_AT_ONCE])))
    if not wants_part(request):
        return redirect("console:changes")
    tag = tag_of(found)
    if request.headers.get("HX-PTag") == tag:
        return HttpResponseNotModified()
    response = HttpResponse(_message(request, found, tag))
    response.headers["HX-PTag"] = tag
    return response


def _message(request: HttpRequest, changes: Sequence[Change], tag: str) -> SafeString:
    """Where they are, in words that follow them until nothing more can happen to any."""
    rows = [row_of(request, one) for one in changes]
    for customer in {one.customer for one in changes if not one.is_final}:
        watched_customers.watch(customer)
    asked = urlencode([("change", _name(one)) for one in changes], safe="/")
    context = {
        "rows": rows,
        "address": f"{reverse('console:told')}?{asked}",
        "is_over": all(one.is_final for one in changes),
        "tag": tag,
    }
    return render_to_string("console/told.html", context)


def _any_of(names: Sequence[str]) -> Q:
    """Changes by the names that people have for them; nothing else."""
    found = Q(pk__in=[])
    for customer, _slash, number in (name.partition("/") for name in names if "\x00" not in name):
        if (known := whole_number(number)) is not None:
            found |= Q(customer__number=customer, number=known)
    return found


def _named(ids: Sequence[str]) -> list[Change]:
    """The changes of these ids, as far as there are any."""
    return list(all_changes().filter(pk__in=[pk for pk in ids[:MOST_AT_ONCE] if _is_id(pk)]))


def _decided(request: HttpRequest, change: Change, action: str) -> bool:
    try:
        DECISIONS[action](scope_of(request, change.customer), change)
    except (TooLate, ChangeError):
        return False
    return True


def _say(request: HttpRequest, action: str, done: Sequence[Change], not_done: Sequence[Change]) -> None:
    if done and action == "cancel":
        text = ngettext("Change %(names)s cancelled.", "Changes %(names)s cancelled.", len(done))
        messages.success(request, text % {"names": _names(done)})
    elif done:
        messages.info(request, _message(request, done, tag_of(done)))
    if not_done:
        text = _("Unchanged, not possible in their state: %(names)s.")
        messages.warning(request, text % {"names": _names(not_done)})
    if not done and not not_done:
        messages.warning(request, _("No change was selected. Nothing was done."))


def _names(changes: Sequence[Change]) -> str:
    return ", ".join(map(_name, changes))


def _name(change: Change) -> str:
    return f"{change.customer.number}/{change.number}"


def _is_id(text: str) -> bool:
    return len(text) == 36 and all(one in "0123456789abcdef-" for one in text.lower())


type Decision = Callable[[Scope, Change], None]
DECISIONS: Mapping[str, Decision] = {"retry": decisions.retry, "cancel": decisions.cancel, "look": decisions.look}
