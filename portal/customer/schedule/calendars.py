"""A person's calendar feeds: which there are, the form for another one, renewing and removing them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import chain, islice
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST

from portal.accounts import form_drafts
from portal.accounts.access import Scope, get_scope
from portal.accounts.keys import sealing
from portal.customer.people.members import page_and_form
from portal.customer.shell import render_page
from portal.inventory import reads
from portal.inventory.reads import Listing
from portal.schedule import feeds
from portal.schedule.events import GROUPS, MACHINES
from portal.schedule.models import Feed
from portal.ui import links

MOST_NAMES = 500  # offered while one types; of more, what is left out can be typed all the same
GOOGLE = "https://calendar.google.com/calendar/r"
NAMED = {GROUPS: Feed.About.GROUP, MACHINES: Feed.About.MACHINE}  # a group goes first where both have the name
VERBS: Mapping[str, Callable[[Scope, str], object]] = {"renew": feeds.renew, "remove": feeds.remove}


class FeedForm(forms.Form):
    """What a new feed is about: the name of a group or machine, nothing for everything."""

    name = forms.CharField(
        label=lazy("Group or machine"),
        required=False,
        max_length=64,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "list": "feed-names"}
        ),
        help_text=lazy("Leave empty for everything you can see. A group includes the groups below it."),
    )

    def __init__(self, listings: Mapping[str, Listing], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._listings = listings

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"]).strip()
        if name and not any(name in self._listings[kind].by_key for kind in NAMED):
            raise forms.ValidationError(_("There is no group or machine with this name."))
        return name

    @property
    def names(self) -> list[str]:
        """What is offered while one types: groups, then machines."""
        every = chain.from_iterable(sorted(self._listings[kind].by_key) for kind in NAMED)
        return list(islice(every, MOST_NAMES))

    @property
    def about(self) -> Feed.About:
        """Of a form that is right."""
        name = self.cleaned_data["name"]
        found = [about for kind, about in NAMED.items() if name in self._listings[kind].by_key]
        return found[0] if found else Feed.About.ALL


@dataclass(frozen=True)
class FeedPresenter:
    """A feed with its addresses; '' where its token can no longer be read."""

    feed: Feed
    base: str  # of the portal

    @property
    def title(self) -> str:
        return self.feed.name or _("Everything you can see")

    @cached_property
    def address(self) -> str:
        try:
            return f"{self.base}{reverse('customer:calendar', args=[self.feed.token])}"
        except sealing.Broken:
            return ""

    @property
    def webcal(self) -> str:
        """Opens the calendar program of the computer."""
        return f"webcal:{self.address.partition(':')[2]}" if self.address else ""

    @property
    def google(self) -> str:
        return f"{GOOGLE}?{urlencode({'cid': self.webcal})}" if self.address else ""

    @property
    def fetched_at(self) -> datetime | None:
        return self.feed.fetched_at


@page_and_form
def calendars(request: HttpRequest, customer_no: str) -> HttpResponse:
    """The person's feeds; POST adds one."""
    scope = get_scope(request.user, customer_no)
    mine = feeds.feeds_of(scope)
    listings = reads.listings(scope, tuple(NAMED))
    form = FeedForm(listings, form_drafts.typed(request), initial={"name": request.GET.get("name", "")})
    if request.method == "POST" and form.is_valid():
        try:
            feeds.add(scope, form.about, form.cleaned_data["name"])
            return redirect(address(customer_no))
        except feeds.TooMany:
            form.add_error(None, _("You have %(most)s calendars. Remove one first.") % {"most": feeds.MOST})
    base = settings.PORTAL_URL or request.build_absolute_uri("/").rstrip("/")
    context = {"form": form, "feeds": [FeedPresenter(feed, base) for feed in mine]}
    return render_page(request, scope, "schedule/calendars.html", context, status=422 if form.is_bound else 200)


@require_POST
def act(request: HttpRequest, customer_no: str, pk: str, verb: str) -> HttpResponse:
    """Renew a feed's address, or remove it."""
    scope = get_scope(request.user, customer_no)
    if verb not in VERBS:
        raise Http404
    VERBS[verb](scope, pk)
    return redirect(address(customer_no))


def address(customer_no: str, name: str = "") -> str:
    """Of the page; its form has the name of that group or machine."""
    query = f"?{urlencode({'name': name})}" if name else ""
    return f"{links.schedule(customer_no)}calendar/{query}"
