"""One's own account: name, how one signs in, where one is signed in, to which customers one belongs."""

from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts import reader_settings
from portal.accounts.access import memberships_of
from portal.accounts.audit import trail
from portal.accounts.models import PaperSize, User
from portal.accounts.people import personal_data
from portal.accounts.sign_in import second_factor, sessions
from portal.accounts.user_agents import device
from portal.resources.times import timezones


class ProfileForm(forms.Form):
    """What others see beside the address (may be empty), by whose clock times are told, and the paper to print on."""

    name = forms.CharField(
        label=lazy("Name"), max_length=150, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    time_zone = forms.ChoiceField(
        label=lazy("Time zone"),
        choices=lambda: [(name, name.replace("_", " ")) for name in sorted(timezones())],
        required=False,
        help_text=lazy(
            "For pages, emails and paper. Where a resource group has another time zone, its time stands beside. "
            "Exports are in UTC."
        ),
    )
    paper_size = forms.ChoiceField(label=lazy("Page size"), choices=PaperSize.choices, required=False)


@dataclass(frozen=True, slots=True)
class Session:
    """Where the person is signed in: on what, from where, since when, last used when."""

    session: UserSession
    device: str
    is_current: bool


def person(request: HttpRequest) -> User:
    """Who is signed in; every page here needs somebody (LoginRequiredMiddleware)."""
    assert isinstance(request.user, User)
    return request.user


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """The page of the account; POST keeps the profile."""
    user = person(request)
    initial = {"name": user.name, "time_zone": reader_settings.zone_of(user).key, "paper_size": user.paper_size}
    form = ProfileForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        _rename(user, form.cleaned_data["name"])
        chosen = {name: form.cleaned_data[name] for name in ("time_zone", "paper_size") if form.cleaned_data[name]}
        User.objects.filter(pk=user.pk).update(**chosen)
        messages.success(request, _("Profile saved."))
        return redirect("account")
    held = list(Authenticator.objects.filter(user=user))
    context = {
        "form": form,
        "memberships": memberships_of(user),
        "totp": next((one for one in held if one.type == Authenticator.Type.TOTP), None),
        "passkeys": [one for one in held if one.type == Authenticator.Type.WEBAUTHN],
        "codes": next((one.wrap() for one in held if one.type == Authenticator.Type.RECOVERY_CODES), None),
        "sessions": len(sessions_of(request, user)),
        "sign_on": SocialAccount.objects.filter(user=user),
    }
    return render(request, "account/account.html", context, status=422 if form.errors else 200)


def _rename(user: User, name: str) -> None:
    if name != user.name:
        trail.record_person("name.changed", user, target=user.email, before={"name": user.name}, after={"name": name})
        User.objects.filter(pk=user.pk).update(name=name)


@require_safe
def go_on(request: HttpRequest) -> HttpResponse:
    """To the page for which a second factor had to be set up, or to the overview."""
    return redirect(second_factor.wanted(request))


@require_POST
def personal_data_file(request: HttpRequest) -> HttpResponse:
    """All that is kept about the person, as JSON; on record, since it leaves the house."""
    user = person(request)
    trail.record_person("personal_data.exported", user, target=user.email)
    answer = HttpResponse(personal_data.as_json(user), content_type="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="personal-data-{timezone.localdate()}.json"'
    return answer


@require_safe
def session_list(request: HttpRequest) -> HttpResponse:
    """All sessions of the person, this one first."""
    return render(request, "usersessions/usersession_list.html", {"sessions": sessions_of(request, person(request))})


@require_POST
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign out somewhere else; here it is the button for that."""
    user = person(request)
    ended = sessions.end(user, pk)
    if ended is None:
        messages.info(request, _("That session has already ended."))
    else:
        where = device(ended.user_agent) or ended.ip
        trail.record_person("session.ended", user, target=f"{where}, {ended.ip}")
        messages.success(request, _("Signed out on %(where)s.") % {"where": where})
    return redirect("account_sessions")


@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere else."""
    user = person(request)
    ended = sessions.end_all(user, but=request.session.session_key or "")
    if ended:
        trail.record_person("session.ended", user, target=f"{ended} others")
    said = ngettext("Signed out of %(count)d other session.", "Signed out of %(count)d other sessions.", ended)
    messages.success(request, said % {"count": ended})
    return redirect("account_sessions")


def sessions_of(request: HttpRequest, user: User) -> list[Session]:
    """Where the person is signed in now, this session first, then by last use."""
    found = sessions.going_on(user)
    key = request.session.session_key
    found.sort(key=lambda one: (one.session_key != key, -one.last_seen_at.timestamp()))
    return [Session(one, device(one.user_agent), one.session_key == key) for one in found]
