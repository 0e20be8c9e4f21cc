"""Limits of costs: what is set, how far along each is, and the form that sets one."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST

from portal.accounts import form_drafts
from portal.accounts.access import Scope, get_scope
from portal.accounts.roles import MONEY, THRESHOLDS, Verb
from portal.billing.invoices.amounts import typed
from portal.billing.thresholds import thresholds
from portal.billing.thresholds.models import Measure, Threshold
from portal.billing.thresholds.progress import name_of
from portal.billing.usage import summary, usage
from portal.customer.people.members import page_and_form
from portal.customer.shell import render_page
from portal.inventory import reads
from portal.inventory.reads import Listing
from portal.resources.spelling import whole_number

GB = 10**9
MOST = Decimal(10) ** 9  # EUR, or GB
CUSTOMER = "c/<str:customer_no>/"


class ThresholdForm(forms.Form):
    """What is limited, and to how much."""

    what = forms.ChoiceField(label=lazy("Item"))
    limit = forms.CharField(
        label=lazy("Monthly budget"),
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "maxlength": None}),
        help_text=lazy("EUR before tax for amounts; GB for traffic (1 TB is 1,000 GB)."),
    )

    def __init__(self, groups: list[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        what = self.fields["what"]
        assert isinstance(what, forms.ChoiceField)
        pairs = [(Measure.AMOUNT, ""), (Measure.TRAFFIC, ""), *((Measure.TRAFFIC, group) for group in groups)]
        what.choices = [(f"{measure}:{group}", name_of(measure, group)) for measure, group in pairs]
        what.error_messages["invalid_choice"] = _("There is no budget for this. Select one from the list.")

    def clean_limit(self) -> Decimal:
        amount = typed(self.cleaned_data["limit"])
        if amount is None:
            raise forms.ValidationError(_("Enter an amount in digits, such as 1200 or 99.50."))
        if not Decimal("0.01") <= amount <= MOST:
            raise forms.ValidationError(_("A budget is at least 0.01 and at most 1,000,000,000."))
        return amount

    @property
    def chosen(self) -> tuple[Measure, str, Decimal]:
        """(measure, group, EUR or bytes) of a form that is right."""
        measure, _colon, group = self.cleaned_data["what"].partition(":")
        limit: Decimal = self.cleaned_data["limit"]
        if measure == Measure.AMOUNT:
            return Measure.AMOUNT, "", round(limit, 4)
        return Measure.TRAFFIC, group, Decimal(round(limit * GB))


@page_and_form
def threshold_list(request: HttpRequest, customer_no: str) -> HttpResponse:
    """All limits with how far along they are; POST sets one."""
    scope = _scope(request, customer_no)
    known = reads.listings(scope, MONEY)
    groups = _groups(scope, known["consumption"])
    form = ThresholdForm(groups, form_drafts.typed(request), initial=_initial(scope, request.GET))
    if request.method == "POST" and form.is_valid():
        thresholds.put(scope, *form.chosen)
        return redirect("customer:thresholds", customer_no)
    context = {
        "summary": summary.of(scope, known["consumption"], known["invoice"]),
        "form": form,
        "may_change": scope.may_change(THRESHOLDS),
    }
    return render_page(
        request, scope, "billing/thresholds.html", context, status=422 if request.method == "POST" else 200
    )


@require_POST
def remove(request: HttpRequest, customer_no: str, pk: int) -> HttpResponse:
    """One limit less."""
    scope = _scope(request, customer_no)
    found = Threshold.objects.filter(customer=scope.customer, pk=pk).first()
    if found is None:
        raise Http404
    thresholds.remove(scope, found)
    return redirect("customer:thresholds", customer_no)


def _scope(request: HttpRequest, customer_no: str) -> Scope:
    scope = get_scope(request.user, customer_no)
    scope.require(Verb.CHANGE if request.method == "POST" else Verb.SEE, THRESHOLDS)
    return scope


def _groups(scope: Scope, consumption: Listing) -> list[str]:
    """Groups that had traffic, and those that are limited already."""
    used = usage.used(scope, consumption)
    seen = {str(one["type_id"]) for types in used.by_month.values() for one in types.get("traffic", ())}
    limited = Threshold.objects.filter(customer=scope.customer).exclude(group="").values_list("group", flat=True)
    return sorted({*seen, *limited})


def _initial(scope: Scope, params: Mapping[str, str]) -> dict[str, str]:
    """The limit that is to be changed (`change`, its number), as a person would type it."""
    mine = Threshold.objects.filter(customer=scope.customer)
    pk = whole_number(params.get("change", ""))
    found = None if pk is None else mine.filter(pk=pk).first()
    if found is None:
        return {}
    shown = found.limit if found.measure == Measure.AMOUNT else found.limit / GB
    text = format(shown.normalize(), "f")
    return {"what": f"{found.measure}:{found.group}", "limit": str(number_format(Decimal(text), use_l10n=True))}


urlpatterns = [
    path(f"{CUSTOMER}thresholds/", threshold_list, name="thresholds"),
    path(f"{CUSTOMER}thresholds/<int:pk>/-/remove", remove, name="remove_threshold"),
]
