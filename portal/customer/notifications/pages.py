"""The bell and its page: what a person was told, newest first; what they are shown is read from then on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from itertools import groupby

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.utils.timezone import get_current_timezone, now
from django.views.decorators.http import require_safe

from portal.accounts.access import Scope, get_scope
from portal.accounts.redirects import page_of, path_of
from portal.customer.people.members import page_and_form
from portal.customer.polls import noted
from portal.customer.shell import Shell, render_page, wants_part
from portal.notify import bell
from portal.notify.kinds import Severity
from portal.notify.models import Notice
from portal.notify.words import Said, say
from portal.ui import links
from portal.ui.format import dates

PER_PAGE = 50
ICONS = {Severity.INFO: "info-circle", Severity.WARNING: "alert-triangle", Severity.DANGER: "alert-octagon"}
TEMPLATE = "notifications/list.html"


@dataclass(frozen=True)
class NoticePresenter:
    """A notice in words, with where it leads to."""

    scope: Scope
    notice: Notice

    @cached_property
    def said(self) -> Said:
        return say(self.notice.occurrence, reader=self.notice.user_id)

    @property
    def path(self) -> str:
        return self.said.path

    @property
    def icon(self) -> str:
        return ICONS[self.said.severity]

    @property
    def is_unread(self) -> bool:
        return self.notice.read is None

    @property
    def told(self) -> date:
        """The day of it, by the reader's clock."""
        return self.notice.occurrence.noted.astimezone(get_current_timezone()).date()

    @property
    def at(self) -> SafeString:
        """When it happened: the time, with the day where that is another than the one it was told on."""
        occurrence = self.notice.occurrence
        return dates.time_tag(occurrence.at, dates.since(occurrence.at, occurrence.noted))

    @property
    def when(self) -> SafeString:
        """The same where no day stands above it."""
        return dates.moment_tag(self.notice.occurrence.at, now())


@dataclass(frozen=True)
class Notices:
    """What the page or the bell shows."""

    scope: Scope
    shown: bell.Shown
    before: int | None
    now: datetime

    @property
    def rows(self) -> Sequence[NoticePresenter]:
        return [NoticePresenter(self.scope, one) for one in self.shown.notices]

    @property
    def days(self) -> Iterator[tuple[str, list[NoticePresenter]]]:
        today = self.now.astimezone(get_current_timezone()).date()
        for day, rows in groupby(self.rows, lambda row: row.told):
            yield dates.day_heading(day, today), list(rows)

    @property
    def newest(self) -> int:
        return self.shown.notices[0].pk if self.shown.notices else 0


@page_and_form
def notifications(request: HttpRequest, customer_no: str) -> HttpResponse:
    """The page, or for htmx what the bell holds; both mark as read what they show. POST marks all up to `up_to`."""
    scope = get_scope(request.user, customer_no)
    if request.method == "POST":
        bell.all_seen(scope, _number(request.POST.get("up_to", "")) or 0)
        return redirect("customer:notifications", customer_no)
    before = _number(request.GET.get("before", ""))
    in_bell = wants_part(request)
    shown = bell.latest(scope, before, bell.MOST if in_bell else PER_PAGE)
    unread = bell.seen(scope, shown.notices) if request.method == "GET" else scope.unread
    context = {"page": Notices(scope, shown, before, now()), "unread": unread}
    answered = replace(scope, unread=unread)
    if in_bell:
        return render(request, f"{TEMPLATE}#bell", {"shell": _shell_of_page(request, answered), **context})
    return render_page(request, answered, TEMPLATE, context)


@noted
@require_safe
def unread(request: HttpRequest, customer_no: str) -> HttpResponse:
    """How many are unread, for the bell of a page that stands open; no page of its own."""
    scope = get_scope(request.user, customer_no)
    if not wants_part(request):
        return redirect(links.page(customer_no, "notifications"))
    tag = str(scope.unread)
    if request.headers.get("HX-PTag") == tag:
        return HttpResponseNotModified()
    response = render(request, "components/bell.html", {"shell": _shell_of_page(request, scope)})
    response.headers["HX-PTag"] = tag
    return response


def _shell_of_page(request: HttpRequest, scope: Scope) -> Shell:
    """The frame of the page that the bell stands on."""
    return Shell(scope, path_of(page_of(request)))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None
