"""Resetting two-factor for a person who has lost their device and their recovery codes, by admins."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods

from portal.accounts.models import User
from portal.accounts.sign_in import recovery
from portal.console.shell import render_console, sent
from portal.console.staff import for_admins, member_of_staff


class ResetForm(forms.Form):
    """How the admin made sure who asks for it."""

    reason = forms.CharField(
        label=lazy("Reason"),
        min_length=5,
        max_length=300,
        help_text=lazy("How you verified the person’s identity. It is kept in the audit trail."),
    )


@for_admins
@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks for a reason, then removes what the person has. One's own is for one's account, which asks for it first."""
    person = get_object_or_404(User, pk=pk)
    if person == member_of_staff(request):
        return redirect("mfa_index")
    form = ResetForm(sent(request))
    if request.method == "POST" and form.is_valid():
        if recovery.reset(person, form.cleaned_data["reason"]):
            messages.success(request, _("Two-factor was reset for %(email)s.") % {"email": person.email})
        else:
            messages.info(request, _("%(email)s has no two-factor set up.") % {"email": person.email})
        return redirect(f"{reverse('console:home')}?{urlencode({'q': person.email})}")
    context = {"person": person, "held": recovery.held_by(person), "form": form}
    return render_console(request, "console/reset_factor.html", context, status=422 if form.errors else 200)
