"""Announcements: staff write them, people of all customers or of some read them on every page and put them away."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts.audit import trail
from portal.accounts.models import Customer, User
from portal.console.announcements.announced import not_over
from portal.console.models import Announcement
from portal.console.shell import render_console, sent
from portal.console.staff import for_staff, member_of_staff


class WallTimeField(forms.DateTimeField):
    """A time that the reader's clock shows; of two that a night has of it the first, or the last.

    Django's own refuses those, and those that a night skips: here they are as far into the hour after it.
    """

    widget = forms.DateTimeInput({"type": "datetime-local"}, "%Y-%m-%dT%H:%M")

    def __init__(self, *, last: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self._fold = int(last)

    def to_python(self, value: Any) -> datetime | None:
        here = timezone.get_current_timezone()
        with timezone.override(UTC):  # in which no time is doubled
            found = super().to_python(value)
        try:
            return found and found.replace(tzinfo=here, fold=self._fold).astimezone(UTC)
        except OverflowError:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None


class AnnouncementForm(forms.ModelForm):  # type: ignore[type-arg]
    """What is said, from when until when, and to whom: numbers of customers, none for all."""

    starts = WallTimeField(label=lazy("From"))
    ends = WallTimeField(label=lazy("Until"), last=True)
    numbers = forms.CharField(
        label=lazy("Customers"), required=False, help_text=lazy("Numbers, separated by commas; leave empty for all.")
    )

    class Meta:
        model = Announcement
        fields = ("text", "level", "starts", "ends")
        labels = {"text": lazy("Text"), "level": lazy("Kind")}
        widgets = {"text": forms.Textarea({"rows": 3, "maxlength": 500})}

    def clean_numbers(self) -> list[Customer]:
        numbers = [one for one in self.cleaned_data["numbers"].replace(",", " ").split() if one]
        found = {one.number: one for one in Customer.objects.filter(number__in=numbers)}
        if unknown := [one for one in numbers if one not in found]:
            raise forms.ValidationError(_("There is no customer %(number)s.") % {"number": unknown[0]})
        return list(found.values())

    def clean(self) -> None:
        starts, ends = self.cleaned_data.get("starts"), self.cleaned_data.get("ends")
        if starts and ends and ends <= starts:
            self.add_error("ends", _("The end must be after the start."))


@for_staff
@require_http_methods(["GET", "HEAD", "POST"])
def announcements(request: HttpRequest) -> HttpResponse:
    """All of them, and a new one."""
    now = timezone.now().replace(second=0, microsecond=0)
    form = AnnouncementForm(sent(request), initial={"starts": now, "ends": now + timedelta(hours=4)})
    if request.method == "POST" and form.is_valid():
        made: Announcement = form.save(commit=False)
        made.author = member_of_staff(request)
        made.save()
        made.customers.set(form.cleaned_data["numbers"])
        trail.record("announcement.made", target=made.text, after={"from": made.starts, "until": made.ends})
        messages.success(request, _("Announcement saved."))
        return redirect("console:announcements")
    found = Announcement.objects.select_related("author").prefetch_related("customers")[:50]
    context = {"form": form, "announcements": found, "now": timezone.now()}
    return render_console(request, "console/announcements.html", context, status=422 if form.errors else 200)


@for_staff
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Show it no longer."""
    now = timezone.now()
    announcement = Announcement.objects.filter(pk=pk).first()
    if announcement is None:
        raise Http404
    if Announcement.objects.filter(pk=pk, ends__gt=now).update(ends=now):
        not_over.forget()
        trail.record("announcement.ended", target=announcement.text)
    return redirect("console:announcements")


@require_POST
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """Whoever reads it puts it away, for themselves only."""
    announcement = Announcement.objects.filter(pk=pk).first()
    if announcement is not None and isinstance(request.user, User):
        announcement.dismissed_by.add(request.user)
    page = request.POST.get("next", "")
    return redirect(page if url_has_allowed_host_and_scheme(page, {request.get_host()}) else "/")
