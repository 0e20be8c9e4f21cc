"""API keys: by which of its resource groups a customer is reached. Entered, replaced, removed; never shown again."""

from allauth.core.internal import ratelimit
from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from portal.accounts.access import Scope, get_scope
from portal.accounts.keys import api_keys
from portal.accounts.keys.api_keys import Taken
from portal.accounts.models import ApiKey
from portal.accounts.roles import KEYS, Verb
from portal.changes.decisions import resume
from portal.changes.reads.pending import parked_by_key
from portal.customer.people.forms import no_changes
from portal.customer.people.members import page_and_form
from portal.customer.shell import render_page
from portal.inventory.platform.clients import KeyProblem, check_key
from portal.resources.names import GROUP_NAME
from portal.ui import links, support_contact

LONGEST = 1000  # characters of a key
# Keys are tried at the platform: nobody shall guess through us.
ATTEMPTS = {"api_key": "10/m/user,60/h/user"}


class ReplaceForm(forms.Form):
    """A key for a group that is known."""

    credential = forms.CharField(
        label=lazy("Key"),
        max_length=LONGEST,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false", "maxlength": None}),
        help_text=lazy("It is verified with the platform before it is saved, and never shown again."),
        error_messages={"max_length": lazy("This is longer than any key: at most %(limit_value)d characters.")},
    )

    def clean_credential(self) -> str:
        secret: str = self.cleaned_data["credential"]
        if any(ord(letter) < 32 for letter in secret):
            raise forms.ValidationError(_("A key is a single line. Copy it again without the surrounding text."))
        return secret


class ConnectForm(ReplaceForm):
    """A group and its key."""

    group = forms.CharField(
        label=lazy("Resource group"),
        max_length=64,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autofocus": True, "spellcheck": "false", "maxlength": None}
        ),
        help_text=lazy("Its name on the platform. The key of your topmost group covers all groups below."),
    )
    field_order = ("group", "credential")

    def clean_group(self) -> str:
        name: str = self.cleaned_data["group"]
        if not GROUP_NAME.fullmatch(name):
            raise forms.ValidationError(
                _("Enter the name of a group: up to 32 lower-case letters, digits, “-” and “_”.")
            )
        return name


@require_safe
def key_list(request: HttpRequest, customer_no: str) -> HttpResponse:
    """All keys of the customer, whether they work, and what waits for them."""
    scope = get_scope(request.user, customer_no)
    scope.require(Verb.SEE, KEYS)
    waiting = parked_by_key(scope.customer)
    keys = list(ApiKey.objects.filter(customer=scope.customer).defer("sealed"))
    rows = [(key, waiting.get(key.resource_group, 0)) for key in keys]
    lost = {group: count for group, count in waiting.items() if group not in {key.resource_group for key in keys}}
    return render_page(request, scope, "keys/list.html", {"rows": rows, "lost": sorted(lost.items())})


@sensitive_post_parameters("credential")
@page_and_form
def connect(request: HttpRequest, customer_no: str) -> HttpResponse:
    """A group that was not connected before."""
    scope = _manager(request, customer_no)
    form = ConnectForm(request.POST or None, initial={"group": request.GET.get("group", "")})
    if request.method == "POST" and form.is_valid():
        group = form.cleaned_data["group"]
        if ApiKey.objects.filter(customer=scope.customer, resource_group=group).exists():
            text = _("Group %(group)s is already connected: replace its key instead.") % {"group": group}
            form.add_error("group", no_changes(text))
        elif _keep(request, scope, form, group, new=True):
            return redirect(_home(scope))
    return _page(request, scope, "keys/connect.html", form)


@sensitive_post_parameters("credential")
@page_and_form
def replace(request: HttpRequest, customer_no: str, group: str) -> HttpResponse:
    """Another key for a group that is connected."""
    scope = _manager(request, customer_no)
    key = _find(scope, group)
    form = ReplaceForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _keep(request, scope, form, group, new=False):
        return redirect(_home(scope))
    return _page(request, scope, "keys/replace.html", form, key=key)


@page_and_form
def remove(request: HttpRequest, customer_no: str, group: str) -> HttpResponse:
    """Asks, then forgets the key."""
    scope = _manager(request, customer_no)
    key = _find(scope, group)
    if request.method == "POST":
        api_keys.remove(scope, key)
        messages.success(request, _("Key of %(group)s removed.") % {"group": group})
        return redirect(_home(scope))
    return render_page(request, scope, "keys/remove.html", {"key": key})


def _keep(request: HttpRequest, scope: Scope, form: ReplaceForm, group: str, *, new: bool) -> bool:
    """Check the key and keep it; what waited for it goes on. False, and why at its field, where that can't be."""
    secret = form.cleaned_data["credential"]
    if not ratelimit.consume(request, app="portal.keys", action="api_key", config=ATTEMPTS, user=scope.user):
        form.add_error("credential", no_changes(_("Too many attempts. Wait a few minutes, then try again.")))
        return False
    try:
        check_key(group, secret)
        with transaction.atomic():
            key = api_keys.keep(scope, group, secret, new=new)
            resumed = resume(key)
    except KeyProblem as problem:
        form.add_error("credential", no_changes(why(problem, group)))
        return False
    except Taken:
        text = _("Group %(group)s is connected to another customer of this portal. Ask %(support)s to move it.")
        form.add_error("group" if new else None, no_changes(text % {"group": group, "support": support_contact.who()}))
        return False
    messages.success(request, _said(group, resumed))
    return True


def _said(group: str, resumed: int) -> str:
    connected = _("Key of %(group)s verified and saved.") % {"group": group}
    if not resumed:
        return connected
    more = _("Waiting changes are being sent in order: %(count)d.") % {"count": resumed}
    return f"{connected} {more}"


def why(problem: KeyProblem, group: str) -> str:
    """Why a key cannot be used, in words."""
    texts = {
        "refused": _("The platform rejects this key for group %(group)s. Check both; each key belongs to one group."),
        "other_group": _("The platform accepts this key, but it does not cover group %(group)s."),
        "unreachable": _("The platform cannot be reached, so the key could not be checked. Try again in a minute."),
    }
    default = _("The platform gave an unexpected answer, so the key could not be checked. Try again in a minute.")
    return texts.get(problem.reason, default) % {"group": group}


def _find(scope: Scope, group: str) -> ApiKey:
    key = ApiKey.objects.filter(customer=scope.customer, resource_group=group).first()
    if key is None:
        raise Http404
    return key


def _manager(request: HttpRequest, customer_no: str) -> Scope:
    scope = get_scope(request.user, customer_no)
    scope.require(Verb.CHANGE, KEYS)
    return scope


def _home(scope: Scope) -> str:
    return links.page(scope.customer.number, "keys")


def _page(
    request: HttpRequest, scope: Scope, template: str, form: ReplaceForm, *, key: ApiKey | None = None
) -> HttpResponse:
    return render_page(request, scope, template, {"form": form, "key": key}, status=422 if form.errors else 200)
