"""Endpoints: all of them, the form for one, and what a button does."""

from collections.abc import Callable, Mapping

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from portal.accounts import form_drafts
from portal.accounts.access import Scope, get_scope
from portal.accounts.keys import sealing
from portal.accounts.roles import WEBHOOKS, Verb
from portal.customer.people.forms import no_changes
from portal.customer.people.members import page_and_form
from portal.customer.shell import render_page
from portal.customer.webhooks.forms import EndpointForm
from portal.customer.webhooks.presenter import EndpointPresenter
from portal.notify.webhooks import verbs
from portal.notify.webhooks.models import Endpoint

VERBS: Mapping[str, tuple[Callable[[Scope, str], None], object]] = {
    "test": (verbs.test, lazy("Test event is being sent.")),
    "renew": (verbs.renew_secret, lazy("Secret renewed. The previous one stays valid for a day.")),
    "off": (verbs.turn_off, lazy("Webhook turned off.")),
}


@require_safe
def webhook_list(request: HttpRequest, customer_no: str) -> HttpResponse:
    """All endpoints of the customer, and how each is."""
    scope = get_scope(request.user, customer_no)
    told = [EndpointPresenter(one) for one in verbs.endpoints_of(scope)]
    context = {"told": told, "may_change": scope.may_change(WEBHOOKS)}
    return render_page(request, scope, "webhooks/list.html", context)


@page_and_form
def create(request: HttpRequest, customer_no: str) -> HttpResponse:
    """Another endpoint."""
    scope = manager(request, customer_no)
    form = EndpointForm(form_drafts.typed(request))
    if request.method == "POST" and form.is_valid():
        try:
            return redirect(address(verbs.add(scope, form.settings)))
        except verbs.TooMany:
            text = _("This customer has %(most)s webhooks. Remove one first.") % {"most": verbs.MOST}
            form.add_error(None, no_changes(text))
    return _form(request, scope, form)


@page_and_form
def edit(request: HttpRequest, customer_no: str, pk: str) -> HttpResponse:
    """Another address, other kinds. Who has changed it meanwhile is not written over."""
    scope = manager(request, customer_no)
    endpoint = verbs.find(scope, pk)
    form = EndpointForm(form_drafts.typed(request), endpoint)
    if request.method == "POST" and form.is_valid():
        try:
            return redirect(address(verbs.change(scope, pk, form.cleaned_data["revision"] or 0, form.settings)))
        except verbs.ChangedMeanwhile:
            text = _("Someone else has changed this webhook meanwhile. Reload the page to see the current settings.")
            form.add_error(None, no_changes(text))
    return _form(request, scope, form, endpoint)


@page_and_form
def remove(request: HttpRequest, customer_no: str, pk: str) -> HttpResponse:
    """Asks, then forgets it with its log."""
    scope = manager(request, customer_no)
    endpoint = verbs.find(scope, pk)
    if request.method == "POST":
        verbs.remove(scope, pk)
        messages.success(request, _("Webhook %(name)s removed.") % {"name": endpoint})
        return redirect("customer:webhooks", customer_no)
    return render_page(request, scope, "webhooks/remove.html", {"endpoint": endpoint})


@sensitive_variables("shown")
@require_POST
def secret(request: HttpRequest, customer_no: str, pk: str) -> HttpResponse:
    """Shows the secret, to be copied into the receiver."""
    scope = manager(request, customer_no)
    try:
        shown = verbs.reveal(scope, pk)
    except sealing.Broken:
        messages.error(request, _("This secret can no longer be read. Renew it to get a new one."))
        return redirect("customer:webhook", customer_no, pk)
    return render_page(request, scope, "webhooks/secret.html", {"endpoint": verbs.find(scope, pk), "secret": shown})


@require_POST
def act(request: HttpRequest, customer_no: str, pk: str, verb: str) -> HttpResponse:
    """Test it, renew its secret, turn it off."""
    scope = manager(request, customer_no)
    if verb not in VERBS:
        raise Http404
    do, said = VERBS[verb]
    do(scope, pk)
    messages.success(request, str(said))
    return redirect("customer:webhook", customer_no, pk)


def address(endpoint: Endpoint) -> str:
    """Of its page."""
    return reverse("customer:webhook", args=[endpoint.customer.number, endpoint.pk])


def manager(request: HttpRequest, customer_no: str) -> Scope:
    """Of who may change webhooks. PermissionDenied."""
    scope = get_scope(request.user, customer_no)
    scope.require(Verb.CHANGE, WEBHOOKS)
    return scope


def _form(request: HttpRequest, scope: Scope, form: EndpointForm, endpoint: Endpoint | None = None) -> HttpResponse:
    status = 422 if request.method == "POST" else 200
    return render_page(request, scope, "webhooks/form.html", {"form": form, "endpoint": endpoint}, status=status)
