"""What a person chooses to hear of, and where: one table and one form, for all customers they belong to."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from operator import attrgetter

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from portal.accounts import form_drafts
from portal.accounts.access import get_scope
from portal.accounts.models import User
from portal.customer.people.members import page_and_form
from portal.customer.shell import render_page
from portal.notify import preferences
from portal.notify.kinds import OF_ONESELF, Channel, Kind, Section
from portal.notify.models import DigestHour
from portal.notify.preferences import HOURS, Preferences
from portal.resources.spelling import whole_number
from portal.ui.format import dates

# What a kind is about, where its label does not say it all.
ABOUT: Mapping[str, object] = {
    "change.done": lazy("Changes that you requested, once they are done or accepted by the platform."),
    "change.rejected": lazy("Changes that you requested and the platform did not accept."),
    "change.conflict": lazy("Changes that you requested and that need your decision, as the record has changed."),
    "change.parked": lazy("Changes that you requested and that wait until a manager enters a valid API key."),
    "machine.ready": lazy("A new machine is installed."),
    "maintenance.moved": lazy("The start of an announced maintenance has changed."),
    "deletion.stage": lazy("A machine was shut down, its disk deleted, or its backups deleted."),
    "invoice.higher": lazy("A final invoice is well above the one of the month before."),
    "limit.passed": lazy("You are told once per budget and month."),
    "platform.unreachable": lazy("Pages show the last known data, and changes wait."),
    "key.refused": lazy("Data of its group is out of date until a manager enters a new key."),
    "member.changed": lazy("For managers, and for the member whose role or group was changed."),
    "factor.removed": lazy("For managers, and for the member whose sign-in it protected."),
    "support.viewed": lazy("With the reason that support staff gave."),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A box of the table, or none: `is_always` on, or `is_covered` by the mail that is always sent at once."""

    label: str
    value: str
    is_on: bool
    is_always: bool
    is_covered: bool


@dataclass(frozen=True)
class Line:
    """A kind, and where one hears of it."""

    kind: Kind
    on: Set[preferences.Box]

    @property
    def about(self) -> str:
        return str(ABOUT.get(self.kind.name, ""))

    @property
    def hears(self) -> str:
        """Who hears of it, by role."""
        if self.kind.own:
            return _("Person who requested the change")
        found = [str(role.label) for role in preferences.roles(self.kind)]
        return ", ".join([*found, _("member concerned")] if self.kind.name in OF_ONESELF else found)

    @property
    def cells(self) -> Iterator[Cell]:
        for one in Channel:
            box = (self.kind.name, one.value)
            is_always = one in self.kind.always
            is_covered = not is_always and one not in preferences.optional(self.kind)
            yield Cell(str(one.label), " ".join(box), box in self.on, is_always, is_covered)


@dataclass(frozen=True)
class Settings:
    """The page: what it is made of, and what is ticked in it, which is the same but where an unsent form comes back."""

    user: User
    shown: Preferences
    ticked: Preferences

    @cached_property
    def sections(self) -> list[tuple[str, list[Line]]]:
        found = groupby(preferences.offered(self.user), attrgetter("section"))
        return [(str(Section(name).label), [Line(kind, self.ticked.on) for kind in kinds]) for name, kinds in found]

    @property
    def channels(self) -> list[str]:
        return [str(one.label) for one in Channel]

    @property
    def was(self) -> str:
        """All that was ticked as the page was made, to tell what the person has changed in it."""
        return ",".join(sorted(" ".join(box) for box in self.shown.on))

    @property
    def hours(self) -> list[tuple[int, str, bool]]:
        return [(hour, dates.hour_words(hour), hour == self.ticked.hour) for hour in HOURS]

    @property
    def zone(self) -> str:
        return get_current_timezone_name().replace("_", " ")


@page_and_form
def settings(request: HttpRequest, customer_no: str) -> HttpResponse:
    """The table; POST saves what differs from what was shown. Nobody chooses in a person's place (403)."""
    scope = get_scope(request.user, customer_no)
    if scope.viewing is not None:
        raise PermissionDenied
    typed = form_drafts.typed(request)
    if request.method == "POST":
        preferences.save(scope.user, *_sent(request.POST))
        messages.success(request, _("Notification settings saved."))
        return redirect("customer:notification_settings", customer_no)
    present = preferences.of(scope.user)
    page = Settings(scope.user, *(_sent(typed) if typed is not None else (present, present)))
    return render_page(request, scope, "notifications/settings.html", {"page": page})


def _sent(form: QueryDict) -> tuple[Preferences, Preferences]:
    """What the page showed, and what the person wants."""
    was_hour = _hour(form.get("was_hour", ""), DigestHour.USUAL)
    shown = Preferences(preferences.boxes(form.get("was", "").split(",")), was_hour)
    return shown, Preferences(preferences.boxes(form.getlist("on")), _hour(form.get("hour", ""), was_hour))


def _hour(text: str, otherwise: int) -> int:
    """One of the day; what is none changes nothing."""
    hour = whole_number(text)
    return otherwise if hour is None or hour not in HOURS else hour
