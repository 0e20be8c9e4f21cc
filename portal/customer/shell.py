"""What the frame of every page needs: navigation with counts, what is pending, what doesn't answer, and who is asking.

Views answer with `render_page` for a page, `render_part` for a part of one, and ask `wants_part` which it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from operator import attrgetter
from typing import Any, Protocol

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from portal.accounts import roles
from portal.accounts.access import Scope
from portal.accounts.models import Customer
from portal.changes.reads.pending import PendingIndex, pending_of
from portal.inventory import reads
from portal.inventory.listings.totals import count_current
from portal.inventory.reads import Listing, Source, Trouble
from portal.inventory.snapshots.freshness import keys_of
from portal.plans import open_plans
from portal.plans.open_plans import OpenPlan, OpenPlans
from portal.resources.spec import ResourceType
from portal.resources.types import TYPES
from portal.ui import links
from portal.ui.format import dates

# Types in the order of the rail, others after the first; the rest of it stands in `Shell.nav`.
FIRST = ("virtualmachine", "resourcegroup", "serviceuser", "permission")
MAINTENANCES = "maintenance"
MONEY = ("consumption", "invoice")
# Pages without a line of their own: where one came from stays marked.
BELOW = {"consumption": "thresholds", "invoice": "paper"}
# The first part of the addresses of pages that one looks at.
BELL_ASKS = frozenset({"", *TYPES, "schedule", "changes", "plans", "keys", "trail", "notifications"})
FORMS = frozenset({"-", "calendar", "settings"})  # and what below them is a form


@dataclass(frozen=True, slots=True)
class NavItem:
    """A line of the navigation."""

    label: str
    icon: str
    url: str
    count: int | None = None
    current: bool = False
    apart: bool = False  # a line above it


@dataclass(frozen=True, slots=True)
class BannerMessage:
    """Something that the banner says."""

    level: str  # warning | danger
    icon: str
    title: str
    text: str


class Shell:
    """The frame of one customer's pages for one person. Nothing is looked up before a template asks for it."""

    def __init__(
        self, scope: Scope, path: str, pending: PendingIndex | None = None, *, stands_still: bool = False
    ) -> None:
        self.scope = scope
        self._path = path
        self._stands_still = stands_still
        self._pending = pending

    @property
    def customer(self) -> Customer:
        return self.scope.customer

    @property
    def customers(self) -> tuple[Customer, ...]:
        return self.scope.customers

    @property
    def role_label(self) -> str:
        return str(roles.Role(self.scope.role).label)

    @property
    def has_keys(self) -> bool:
        """Whether the platform can be asked for anything of the customer."""
        return bool(keys_of(self.customer))

    @property
    def keys_url(self) -> str:
        """Where an API key is entered; '' for who may not."""
        return links.page(self.customer.number, "keys") if self.scope.may_change(roles.KEYS) else ""

    @property
    def home(self) -> str:
        return links.home(self.customer.number)

    @property
    def find_url(self) -> str:
        return links.page(self.customer.number, "find")

    @property
    def frame_url(self) -> str:
        return links.page(self.customer.number, "frame")

    @property
    def roles_url(self) -> str:
        return links.page(self.customer.number, "help/roles")

    @property
    def changes_url(self) -> str:
        return links.page(self.customer.number, "changes")

    @property
    def bell_url(self) -> str:
        """Where notices are; '' for staff in a person's place: what a person was told is nobody else's."""
        return "" if self.scope.viewing else links.page(self.customer.number, "notifications")

    @property
    def bell_asks(self) -> bool:
        """Whether the bell asks for itself. Not beside a form: no answer may lead away from what is being typed; nor
        around pages of no customer, and of what is gone, which ask nothing any longer.
        """
        if self._stands_still:
            return False
        parts = self._path.removeprefix(self.home).split("/")
        return parts[0] in BELL_ASKS and not FORMS.intersection(parts)

    @property
    def unread(self) -> int:
        return self.scope.unread

    @property
    def sees_changes(self) -> bool:
        return self.scope.may_see(roles.CHANGES)

    @property
    def plans_url(self) -> str:
        return links.page(self.customer.number, "plans")

    @cached_property
    def plans(self) -> OpenPlans:
        return open_plans.of(self.scope, self._listings)

    @property
    def plan(self) -> OpenPlan | None:
        """The one at the foot of the page: who may change something puts it there."""
        return self.plans.current if self.scope.may_change(roles.CHANGES) else None

    @cached_property
    def plan_bar_version(self) -> object:
        """All that the foot of the page shows."""
        some = [(one.number, one.name, one.count) for one in self.plans.editable] if self.plan else ()
        return (self.customer.number, self.plan and self.plan.number, *some)

    @property
    def pending_count(self) -> int:
        return self._index.count if self.sees_changes else 0

    @property
    def attention_count(self) -> int:
        return self._index.attention if self.sees_changes else 0

    @property
    def attention_url(self) -> str:
        return f"{self.home}#attention"

    @cached_property
    def _index(self) -> PendingIndex:
        return self._pending if self._pending is not None else pending_of(self.scope)

    @cached_property
    def nav(self) -> list[NavItem]:
        overview = NavItem(_("Overview"), "layout-dashboard", self.home, current=self._path == self.home)
        others = tuple(name for name in TYPES if name not in (*FIRST, MAINTENANCES, *MONEY))
        items = [overview, *self._types(FIRST + others), *self._schedule]
        money = self._types(MONEY)
        return [*items, *money, *(self._changes if self.sees_changes else []), *self._of_managers]

    @property
    def version(self) -> object:
        """All that navigation and search show."""
        others = tuple((one.number, one.name) for one in (self.customer, *self.customers))
        return (*self.nav, *others, self.scope.root)

    @property
    def _changes(self) -> list[NavItem]:
        plans = self._item(_("Plans"), "clipboard-list", self.plans_url, count=len(self.plans.plans) or None)
        return [self._item(_("Changes"), "history", self.changes_url, apart=True), plans]

    @property
    def _of_managers(self) -> list[NavItem]:
        pages = (
            (roles.PEOPLE, _("People"), "users", "people"),
            (roles.KEYS, _("API keys"), "key", "keys"),
            (roles.WEBHOOKS, _("Webhooks"), "webhook", "webhooks"),
            (roles.AUDIT, _("Audit trail"), "list-search", "trail"),
        )
        number = self.customer.number
        return [
            self._item(label, icon, links.page(number, name))
            for kind, label, icon, name in pages
            if self.scope.may_see(kind)
        ]

    @cached_property
    def troubles(self) -> list[BannerMessage]:
        """What does not answer, each said once, since it began: with many keys it is still one platform."""
        found = sorted(
            (one for listing in self._listings.values() for one in listing.troubles), key=attrgetter("since")
        )
        first: dict[tuple[str, str], Trouble] = {}
        for trouble in found:
            first.setdefault((trouble.reason, trouble.group if trouble.reason in OF_A_KEY else ""), trouble)
        return [say(trouble) for trouble in first.values()]

    @cached_property
    def _listings(self) -> Mapping[str, Listing]:
        """What is known of what is counted, without waiting for the platform; of money where the page tells of it.

        Consumption is most of what the platform has to say, and few pages need it.
        """
        names = [
            name
            for name, kind in TYPES.items()
            if self.scope.may_see(name) and (not kind.money or self._tells_of(kind))
        ]
        return reads.listings(self.scope, names, wait=False)

    def _tells_of(self, kind: ResourceType) -> bool:
        return self._path == self.home or self._path.startswith(links.of_type(self.customer.number, kind.name))

    def _types(self, names: tuple[str, ...]) -> list[NavItem]:
        return [self._type(TYPES[name]) for name in names if self.scope.may_see(name)]

    @property
    def _schedule(self) -> list[NavItem]:
        """Maintenance has its line there: what is announced and planned, with how many maintenances are open."""
        if MAINTENANCES not in self._listings or not self.scope.may_see(roles.SCHEDULE):
            return []
        found = self._type(TYPES[MAINTENANCES])
        url = links.schedule(self.customer.number)
        is_here = found.current or self._path.startswith(url)
        return [replace(found, label=_("Schedule"), icon="calendar-clock", url=url, current=is_here)]

    def _type(self, resource_type: ResourceType) -> NavItem:
        url = links.of_type(self.customer.number, resource_type.name)
        item = self._item(_(resource_type.plural), resource_type.icon, url, count=self._count(resource_type))
        below = BELOW.get(resource_type.name)
        if below and self._path.startswith(links.page(self.customer.number, below)):
            return replace(item, current=True)
        return item

    def _count(self, resource_type: ResourceType) -> int | None:
        """None where nothing is known yet, and of money, of which there is more each month."""
        if resource_type.money or self._listings[resource_type.name].source is Source.NEVER:
            return None
        return count_current(self._listings[resource_type.name])

    def _item(self, label: str, icon: str, url: str, *, count: int | None = None, apart: bool = False) -> NavItem:
        return NavItem(label, icon, url, count, current=self._path.startswith(url), apart=apart)


TITLES = {
    "unreachable": gettext_noop("The platform has been unreachable since %(since)s."),
    "refused": gettext_noop("The platform has rejected the API key of group %(group)s since %(since)s."),
    "unreadable": gettext_noop("The platform has sent unreadable data since %(since)s."),
    "fault": gettext_noop("The platform has answered with errors since %(since)s."),
}
TEXTS = {
    "unreachable": gettext_noop("Showing the last known data. Changes are kept and sent once it answers again."),
    "refused": gettext_noop(
        "Data of this group is out of date, and its changes wait, until a manager enters a new key."
    ),
    "unreadable": gettext_noop("Showing the last known data."),
    "fault": gettext_noop("Showing the last known data."),
}


OF_A_KEY = frozenset({"refused"})  # whose words name it


def say(trouble: Trouble) -> BannerMessage:
    """A trouble in words: what is so, since when, what is shown instead."""
    since = dates.since(trouble.since, now())
    refused = trouble.reason == "refused"
    title = _(TITLES[trouble.reason]) % {"since": since, "group": trouble.group}
    level, icon = ("danger", "key-off") if refused else ("warning", "cloud-off")
    return BannerMessage(level, icon, title, _(TEXTS[trouble.reason]))


class Live(Protocol):
    """A page that follows what happens: `tag` is the same for as long as it shows the same."""

    @property
    def tag(self) -> str: ...


def wants_part(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of the page: not so when the browser goes back, or a script wants the whole body."""
    headers = request.headers
    return headers.get("HX-Request-Type") == "partial" and headers.get("HX-History-Restore-Request") != "true"


def render_page(
    request: HttpRequest,
    scope: Scope,
    template: str,
    context: Mapping[str, Any],
    *,
    pending: PendingIndex | None = None,
    status: int = 200,
) -> HttpResponse:
    """A whole page in the frame. Give `pending` where the view has it, so that it is looked up once."""
    shell = Shell(scope, request.path, pending, stands_still=status >= 400)
    response = render(request, template, {"scope": scope, "shell": shell, **context}, status=status)
    return _private(response)


def render_part(
    request: HttpRequest,
    scope: Scope,
    template: str,
    context: Mapping[str, Any],
    *,
    pending: PendingIndex | None = None,
    status: int = 200,
) -> HttpResponse:
    """A part (`template.html#name`) for htmx, and with it what has changed in the frame."""
    shell = Shell(scope, request.path, pending)
    response = render(request, template, {"scope": scope, "shell": shell, **context}, status=status)
    updates = render_to_string("components/updates.html", {"shell": shell}, request)
    response.content += updates.encode()
    return _private(response)


def render_live(
    request: HttpRequest,
    scope: Scope,
    template: str,
    part: str,
    context: Mapping[str, Any],
    page: Live,
    *,
    pending: PendingIndex | None = None,
    push: str = "",
) -> HttpResponse:
    """A page, or its part for htmx: "not modified" where that has all of it already.

    `push` is the address that the browser shows once a person, and not the page itself, has asked for the part.
    """
    if not wants_part(request):
        return render_page(request, scope, template, context, pending=pending)
    if request.headers.get("HX-PTag") == page.tag:
        return HttpResponseNotModified()
    response = render_part(request, scope, f"{template}#{part}", context, pending=pending)
    response.headers["HX-PTag"] = page.tag
    if push and "HX-PTag" not in request.headers:
        response.headers["HX-Push-Url"] = push
    return response


def _private(response: HttpResponse) -> HttpResponse:
    """Not kept anywhere: it is one person's, and page and part share an address."""
    response.headers["Cache-Control"] = "no-store, private"
    return response
