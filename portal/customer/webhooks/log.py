"""The delivery log of an endpoint: what was sent, what was answered, and sending it again."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from hashlib import sha256
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.access import Scope, get_scope
from portal.accounts.roles import WEBHOOKS
from portal.customer.people.forms import no_changes
from portal.customer.people.members import page_and_form
from portal.customer.shell import render_live, render_page
from portal.customer.webhooks.forms import SpanForm
from portal.customer.webhooks.pages import manager
from portal.customer.webhooks.presenter import EndpointPresenter, MessagePresenter
from portal.notify.webhooks import verbs
from portal.notify.webhooks.models import Endpoint, Message
from portal.resources.spelling import whole_number
from portal.ui.lists.pager import Uncounted

SOON = timedelta(minutes=1)
OFTEN, SELDOM = 2, 30  # seconds: while something may be sent soon, and while it is to wait


class Log(Uncounted[Message]):
    """A page of an endpoint's messages: all, or those that failed."""

    def __init__(self, endpoint: Endpoint, path: str, *, number: int, failed: bool) -> None:
        self.endpoint = endpoint
        self.path = path
        self.number = number
        self.failed = failed

    @property
    def days_kept(self) -> int:
        return int(settings.KEEP_WEBHOOK_EVENTS_DAYS)

    @property
    def ordered(self) -> QuerySet[Message]:
        found = self.endpoint.messages.select_related("occurrence").prefetch_related("log")
        return found.filter(state=Message.State.FAILED) if self.failed else found.all()

    def address(self, **changed: str) -> str:
        shown = {"state": "failed"} if self.failed else {}
        return f"{self.path}?{urlencode(shown | changed)}"

    @property
    def own_address(self) -> str:
        return self.address(page=str(self.number))

    @cached_property
    def rows(self) -> list[MessagePresenter]:
        return [MessagePresenter(one, list(one.log.all())) for one in self.shown]

    @property
    def asks_every(self) -> int:
        """Seconds after which the page asks again while something waits, else 0.

        What is being sent just now looks like what is sent again later: an attempt is counted before it is made.
        """
        due = [one.message.due for one in self.rows if one.is_waiting]
        if not due or self.endpoint.state == Endpoint.State.OFF:
            return 0
        return OFTEN if min(due) <= timezone.now() + SOON else SELDOM

    @property
    def tag(self) -> str:
        """Of what it shows."""
        end = self.endpoint
        shown = (f"{one.message.pk.hex[:8]}{one.message.state}{one.count}{one.next_at}" for one in self.rows)
        text = repr((end.state, end.failing_since, end.revision, self.asks_every, *shown))
        return sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class WebhookPage:
    """An endpoint with its log."""

    endpoint: EndpointPresenter
    log: Log

    @property
    def tag(self) -> str:
        return self.log.tag


@require_safe
def webhook(request: HttpRequest, customer_no: str, pk: str) -> HttpResponse:
    """An endpoint and its log, which follows what is being sent."""
    scope = get_scope(request.user, customer_no)
    endpoint = verbs.find(scope, pk)
    number = whole_number(request.GET.get("page", "")) or 1
    log = Log(endpoint, request.path, number=number, failed=request.GET.get("state") == "failed")
    page = WebhookPage(EndpointPresenter(endpoint), log)
    context = {"page": page, "may_change": scope.may_change(WEBHOOKS)}
    return render_live(request, scope, "webhooks/detail.html", "webhook", context, page)


@require_safe
def event(request: HttpRequest, customer_no: str, pk: str, message: str) -> HttpResponse:
    """One message with all of its attempts."""
    scope = get_scope(request.user, customer_no)
    found = verbs.message_of(scope, pk, message)
    told = MessagePresenter(found, list(found.log.all()))
    context = {"told": told, "endpoint": found.endpoint, "may_change": scope.may_change(WEBHOOKS)}
    return render_page(request, scope, "webhooks/event.html", context)


@require_POST
def send_again(request: HttpRequest, customer_no: str, pk: str, message: str) -> HttpResponse:
    """One message."""
    scope = manager(request, customer_no)
    try:
        verbs.send_again(scope, pk, message)
        messages.success(request, _("The event is being sent again."))
    except verbs.NotLive:
        messages.error(request, _not_live())
    return redirect("customer:webhook", customer_no, pk)


@page_and_form
def send_time_again(request: HttpRequest, customer_no: str, pk: str) -> HttpResponse:
    """All that happened in a stretch of time."""
    scope = manager(request, customer_no)
    endpoint = verbs.find(scope, pk)
    form = SpanForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid() and _sent_again(request, scope, pk, form):
        return redirect("customer:webhook", customer_no, pk)
    context = {"endpoint": endpoint, "form": form}
    return render_page(request, scope, "webhooks/again.html", context, status=422 if form.is_bound else 200)


def _sent_again(request: HttpRequest, scope: Scope, pk: str, form: SpanForm) -> bool:
    """False, and why in the form, where it could not be done."""
    try:
        count = verbs.send_time_again(scope, pk, form.span.since, form.span.until)
    except verbs.NotLive:
        form.add_error(None, _not_live())
    except verbs.TooMany:
        form.add_error(None, no_changes(_("These are more than 10,000 events. Choose a shorter time.")))
    else:
        said = ngettext("%(count)d event is being sent again.", "%(count)d events are being sent again.", count)
        messages.success(request, said % {"count": count})
        return True
    return False


def _not_live() -> str:
    return no_changes(_("Only an active webhook is sent events. Send a test event first."))
