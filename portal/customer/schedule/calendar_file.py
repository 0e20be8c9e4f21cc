"""The file that a calendar fetches: no session, no cookie; the token alone says whose it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_safe

from portal.accounts.access import Scope
from portal.accounts.roles import SCHEDULE, Role
from portal.inventory import reads
from portal.inventory.listings.group_tree import GroupTree
from portal.inventory.weighted_cache import WeightedCache
from portal.schedule import feeds, told
from portal.schedule.events import GROUPS, MACHINES, MAINTENANCES, TYPES
from portal.schedule.ical import calendar_file
from portal.schedule.models import CalendarDate, Feed
from portal.ui import links

CONTENT_TYPE = "text/calendar; charset=utf-8"
MOST = 16 * 2**20  # bytes kept by a process


@dataclass(frozen=True, slots=True)
class File:
    """What was answered last, for as long as nothing is known that it lacks."""

    body: bytes
    etag: str
    modified: datetime


_kept: WeightedCache[object, File] = WeightedCache(MOST, lambda file: len(file.body))


@login_not_required
@require_safe
def calendar(request: HttpRequest, token: str) -> HttpResponseBase:
    """The dates of a feed, as far as its owner may see them at this moment; 404 for any other token."""
    feed, scope = feeds.find(token)
    feeds.fetched(feed)
    with override(scope.user.language or settings.LANGUAGE_CODE):
        file = _file(request, feed, scope)
    modified = int(file.modified.timestamp())
    response = get_conditional_response(request, etag=file.etag, last_modified=modified)
    if response is None:
        response = HttpResponse(file.body, content_type=CONTENT_TYPE)
        response.headers["Content-Disposition"] = 'inline; filename="schedule.ics"'
        response.headers["ETag"] = file.etag
        response.headers["Last-Modified"] = http_date(modified)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _file(request: HttpRequest, feed: Feed, scope: Scope) -> File:
    whole = Scope(scope.customer, scope.user, Role.MANAGER)
    listings = reads.listings(whole, TYPES)
    version = told.bring_up(scope.customer, listings)
    base = settings.PORTAL_URL or request.build_absolute_uri("/").rstrip("/")
    key = (feed.pk, feed.token_hash, scope.reach, version, scope.user.language, base, timezone.now().date())
    file = _kept.get(key)
    if file is None:
        file = _made(feed, scope, base)
        _kept.put(key, file)
    return file


def _made(feed: Feed, scope: Scope, base: str) -> File:
    dates = _visible(feed, scope)
    body = calendar_file(dates, name=title(feed), address=lambda date: base + _page(scope, date))
    digest = blake2b(body, digest_size=16).hexdigest()
    return File(body, f'"{digest}"', max((date.revised_at for date in dates), default=feed.created))


def title(feed: Feed) -> str:
    """What calendars call it."""
    what = feed.name or feed.membership.customer.name or feed.membership.customer.number
    return _("Schedule: %(what)s") % {"what": what}


def _visible(feed: Feed, scope: Scope) -> Sequence[CalendarDate]:
    """What the feed is about, as far as its owner may see it; from 30 days back on."""
    if not scope.may_see(SCHEDULE):
        return ()
    dates = CalendarDate.objects.filter(customer=scope.customer)
    tree = GroupTree.of(reads.listing(scope, GROUPS))
    if scope.root:
        dates = dates.filter(group__in=tree.below(scope.root))
    if feed.about == Feed.About.GROUP:
        dates = dates.filter(group__in=tree.below(feed.name))
    if feed.about == Feed.About.MACHINE:
        dates = dates.filter(machine=feed.name)
    since = timezone.now() - told.KEPT
    return [one for one in dates if (one.ends or one.starts) > since or one.is_cancelled]


def _page(scope: Scope, date: CalendarDate) -> str:
    """That tells more of it."""
    if date.kind == CalendarDate.Kind.DELETION:
        return links.record(scope.customer.number, MACHINES, date.machine)
    return links.record(scope.customer.number, MAINTENANCES, date.key)
