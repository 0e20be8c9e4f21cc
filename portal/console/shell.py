"""The frame of the console's pages: what templates/base.html asks a shell for, without a customer around it."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.console.staff import for_staff, is_admin, member_of_staff
from portal.customer.shell import BannerMessage, NavItem, wants_part
from portal.inventory.platform import circuit_breaker
from portal.ui.format import dates


class Shell:
    """Navigation, search and banner of the console."""

    customers = ()
    roles_url = ""  # what roles may do is told by a customer's pages
    sees_changes = False  # the count of what is pending is a customer’s
    pending_count = attention_count = 0
    plan_bar_version = None  # plans are a customer's
    bell_url = ""  # so are notices

    def __init__(self, request: HttpRequest) -> None:
        self._path = request.path
        self.is_admin = is_admin(member_of_staff(request))
        self.home = self.find_url = reverse("console:home")
        self.frame_url = reverse("console:frame")
        self.changes_url = reverse("console:changes")
        self.role_label = _("Admin") if self.is_admin else _("Support")
        # What the frame names where a customer's pages name the customer.
        self.customer = SimpleNamespace(number=_("Support console"), name=self.role_label)
        self.scope = SimpleNamespace(root="")

    @property
    def nav(self) -> list[NavItem]:
        items = [
            self._item(_("Search"), "search", "home"),
            self._item(_("Changes"), "history", "changes"),
            self._item(_("Platform"), "activity", "health"),
            self._item(_("Announcements"), "speakerphone", "announcements"),
        ]
        of_admins = [
            self._item(_("Staff"), "shield-lock", "people"),
            self._item(_("Audit trail"), "list-search", "own_trail"),
        ]
        return [*items, *of_admins] if self.is_admin else items

    @property
    def version(self) -> object:
        """All that navigation and search show."""
        return tuple(self.nav)

    @property
    def troubles(self) -> list[BannerMessage]:
        state = circuit_breaker.state()
        if state.since is None:
            return []
        title = _("Platform calls have been off since %(since)s.") % {"since": dates.since(state.since, now())}
        return [BannerMessage("danger", "plug-connected-x", title, _("Pages show the last known data. See Platform."))]

    def _item(self, label: str, icon: str, name: str) -> NavItem:
        url = reverse(f"console:{name}")
        current = self._path == url if name == "home" else self._path.startswith(url)
        return NavItem(label, icon, url, current=current)


def render_console(
    request: HttpRequest, template: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page of the console in its frame."""
    return render(request, template, {"shell": Shell(request), **context}, status=status)


@for_staff
@require_safe
def frame(request: HttpRequest) -> HttpResponse:
    """The banner, to be put in its place by htmx while it says that calls are stopped; no page of its own."""
    shell = Shell(request)
    return render(request, "components/updates.html", {"shell": shell}) if wants_part(request) else redirect(shell.home)


def sent(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: also an empty one that was sent."""
    return request.POST if request.method == "POST" else None
