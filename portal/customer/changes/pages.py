"""The changes of a customer: who asked for what, when, where it is, what the platform said; and deciding about one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.access import Scope, get_scope
from portal.accounts.roles import CHANGES, Verb
from portal.changes import decisions as decisions
from portal.changes.errors import NeedsApproval, Taken, TooLate
from portal.changes.models import Change, State
from portal.changes.reads.history import PER_PAGE, Filters, Page, history, matching
from portal.changes.reads.visibility import require_change, visible_changes
from portal.customer.changes.messages import tell
from portal.customer.changes.presenter import LOOKS, ChangePresenter, tag_of, told_all
from portal.customer.polls import noted
from portal.customer.resources.change_sheet import change_sheet
from portal.customer.resources.lookup import way_back
from portal.customer.shell import render_live, render_page, render_part, wants_part
from portal.inventory import watched_customers
from portal.resources.spelling import whole_number
from portal.resources.times import berlin_today
from portal.resources.types import TYPES
from portal.ui import links
from portal.ui.spreadsheets import downloads

HIGHEST = 10**9  # of a change's number


@dataclass(frozen=True)
class ChangeList:
    """A page of changes, its filters, and the addresses of its neighbours."""

    scope: Scope
    filters: Filters
    page: Page
    params: Sequence[tuple[str, str]] = ()

    @cached_property
    def rows(self) -> list[ChangePresenter]:
        return told_all(self.scope, self.page.changes)

    @property
    def is_live(self) -> bool:
        return any(row.is_open for row in self.rows)

    @property
    def is_filtered(self) -> bool:
        found = self.filters
        return bool(found.states or found.types or found.authors or found.text)

    @property
    def tag(self) -> str:
        """Changes whenever a row does."""
        return tag_of(self.page.changes)

    @property
    def states(self) -> list[tuple[str, str, bool]]:
        chosen = self.filters.states
        return [(state.value, str(state.label), state.value in chosen) for state in LOOKS]

    @property
    def types(self) -> list[tuple[str, str, bool]]:
        changeable = [one for one in TYPES.values() if one.creatable or one.editable or one.deletable]
        seen = [one for one in changeable if self.scope.may_see(one.name)]
        return [(one.name, _(one.plural), one.name in self.filters.types) for one in seen]

    @cached_property
    def authors(self) -> list[tuple[str, str, bool]]:
        found = visible_changes(self.scope).filter(author__isnull=False).order_by("author__name", "author__email")
        people = found.values_list("author__email", "author__name").distinct()
        return [(email, name or email, email in self.filters.authors) for email, name in people]

    @property
    def first(self) -> int:
        return (self.page.number - 1) * self.page.per_page + 1 if self.page.total else 0

    @property
    def last(self) -> int:
        return min(self.page.number * self.page.per_page, self.page.total)

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What a download carries along."""
        return [(name, value) for name, value in self.params if name != "page"]

    def address(self, number: int) -> str:
        return f"?{urlencode([*self.hidden, ('page', str(number))])}"

    @property
    def newer(self) -> str:
        return self.address(self.page.number - 1) if self.page.number > 1 else ""

    @property
    def older(self) -> str:
        return self.address(self.page.number + 1) if self.page.number < self.page.pages else ""


@noted
@require_safe
def change_list(request: HttpRequest, customer_no: str) -> HttpResponseBase:
    """All changes that the person may see; `#list` for htmx, a file for `?format=csv|xlsx`."""
    scope = get_scope(request.user, customer_no)
    scope.require(Verb.SEE, CHANGES)
    filters = _filters(request)
    if downloads.is_asked(request):
        return _download(request, scope, filters)
    found = _change_list(request, scope, filters)
    if found.is_live:
        watched_customers.watch(scope.customer)
    return render_live(request, scope, "changes/list.html", "list", {"list": found}, found)


@noted
@require_safe
def change_detail(request: HttpRequest, customer_no: str, number: int) -> HttpResponse:
    """One change with all that has happened to it; `#change` for htmx, with `?line` the message that tells of it."""
    scope = get_scope(request.user, customer_no)
    change = find(scope, number)
    told = ChangePresenter(scope, change)
    if told.is_open:
        watched_customers.watch(scope.customer)
    tag = tag_of([change])
    if not wants_part(request):
        return render_page(request, scope, "changes/detail.html", {"told": told, "tag": tag})
    if request.headers.get("HX-PTag") == tag:
        return HttpResponseNotModified()
    template = "changes/told.html" if "line" in request.GET else "changes/detail.html#change"
    response = render_part(request, scope, template, {"told": told, "tag": tag})
    response.headers["HX-PTag"] = tag
    return response


@require_POST
def decide(request: HttpRequest, customer_no: str, number: int, decision: str) -> HttpResponse:
    """Take it back, ask again, or settle a conflict; then back to the change, or where the person came from."""
    scope = get_scope(request.user, customer_no)
    change = find(scope, number)
    if decision not in DECISIONS:
        raise Http404
    require_change(scope, change)
    act, end = DECISIONS[decision]
    try:
        act(scope, change)
    except TooLate as error:
        values = {"number": change.number, "state": State(error.state).label}
        messages.warning(request, _("Too late: change %(number)s is now “%(state)s”.") % values)
    except NeedsApproval:
        text = _("Nothing was sent: it touches production and has to be approved. Open its form and request approval.")
        messages.warning(request, text)
    except Taken as error:
        messages.error(request, _("The name %(name)s is already taken. Choose another one.") % {"name": error.key})
    else:
        messages.info(request, str(end) % {"number": change.number}) if end else tell(request, scope, change)
    return redirect(way_back(request, links.change(customer_no, change.number)))


def find(scope: Scope, number: int) -> Change:
    """The change of that number; 403 for who sees no changes, Http404 for what they don't see."""
    found = visible_changes(scope).filter(number=number).first() if number < HIGHEST else None
    if found is None:
        raise Http404
    return found


def _overwrite(scope: Scope, change: Change) -> None:
    decisions.resolve_conflict(scope, change, overwrite=True)


def _drop(scope: Scope, change: Change) -> None:
    decisions.resolve_conflict(scope, change, overwrite=False)


# What is done, and what is said of it where that is the change's end; the others are told on.
DECISIONS: Mapping[str, tuple[Callable[[Scope, Change], None], object]] = {
    "cancel": (decisions.cancel, lazy("Change %(number)s cancelled.")),
    "retry": (decisions.retry, ""),
    "overwrite": (_overwrite, ""),
    "drop": (_drop, lazy("Change %(number)s discarded. The present values stay.")),
}


def _download(request: HttpRequest, scope: Scope, filters: Filters) -> HttpResponseBase:
    """All that is filtered, on all pages."""
    changes = matching(scope, filters)
    sheet = change_sheet(ChangePresenter(scope, change) for change in changes.iterator(chunk_size=1000))
    name = f"{scope.customer.number}-changes-{berlin_today(timezone.now())}"
    asked = {"records": changes.count(), "filters": request.GET.urlencode()}
    return downloads.download(request, sheet, name, customer=scope.customer, target="changes", **asked)


def _asked(request: HttpRequest) -> Mapping[str, list[str]]:
    return {name: request.GET.getlist(name) for name in request.GET}


def _filters(request: HttpRequest) -> Filters:
    asked, known = _asked(request), {state.value for state in LOOKS}
    return Filters(
        states=[state for state in asked.get("state", []) if state in known],
        types=[name for name in asked.get("type", []) if name in TYPES],
        authors=[text[:254] for text in asked.get("author", []) if text and "\x00" not in text],
        text=request.GET.get("q", "").replace("\x00", "").strip()[:200],
    )


def _change_list(request: HttpRequest, scope: Scope, filters: Filters) -> ChangeList:
    number, size = (whole_number(request.GET.get(name, "")) for name in ("page", "per_page"))
    page = history(scope, filters, page=number or 1, per_page=size or PER_PAGE[1])
    params = [(name, value) for name, values in _asked(request).items() for value in values if value]
    return ChangeList(scope, filters, page, params)
