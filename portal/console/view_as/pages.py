"""The pages of viewing as one of a customer's people: asking for it, write access, ending it. The rules: visits."""

from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts.models import Customer, Membership
from portal.console.models import Visit
from portal.console.shell import render_console, sent
from portal.console.staff import find_customer, for_staff, member_of_staff
from portal.console.view_as import sessions
from portal.ui import links

page_and_form = require_http_methods(["GET", "HEAD", "POST"])


class MemberField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of a customer's people."""

    def label_from_instance(self, member: Membership) -> str:
        where = f", {member.group}" if member.group else ""
        return f"{member.user} ({member.get_role_display()}{where}) {member.user.email}"


class ReasonForm(forms.Form):
    """As whom, and why."""

    member = MemberField(Membership.objects.none(), label=lazy("As"), empty_label=None)
    reason = forms.CharField(
        label=lazy("Reason"),
        min_length=5,
        max_length=300,
        help_text=lazy("The customer’s managers see it in the audit trail: a ticket, who called, what about."),
    )

    def __init__(self, customer: Customer, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        members = Membership.objects.select_related("user").filter(customer=customer, user__is_active=True)
        field: MemberField = self.fields["member"]  # type: ignore[assignment]
        field.queryset = members.order_by("-role", "user__email")
        # By one query: a select looks at them more than once.
        field.widget.choices = list(field.choices)  # type: ignore[arg-type]


@for_staff
@page_and_form
def begin(request: HttpRequest, number: str) -> HttpResponse:
    """Ask for a reason, then see the customer as that person does."""
    customer, staff = find_customer(number), member_of_staff(request)
    going_on = sessions.going_on(staff)
    form = ReasonForm(customer, sent(request), initial={"member": request.GET.get("member")})
    if request.method == "POST" and going_on is None and form.is_valid():
        try:
            sessions.begin(request, staff, form.cleaned_data["member"], form.cleaned_data["reason"])
        except sessions.Nested:
            going_on = sessions.going_on(staff)
        else:
            return redirect(_wanted(request, number))
    refused = request.method == "POST"
    context = {"customer": customer, "form": form, "going_on": going_on, "next": _wanted(request, number)}
    return render_console(request, "console/view_as.html", context, status=422 if refused else 200)


@for_staff
@page_and_form
def write(request: HttpRequest) -> HttpResponse:
    """The second step: says what it means, and takes write access."""
    visit = _visit(request)
    if request.method == "POST" and request.POST.get("sure") == "yes":
        sessions.take_write(request, visit)
        return redirect(_wanted(request, visit.customer.number))
    refused = request.method == "POST"
    context = {"visit": visit, "refused": refused, "next": _wanted(request, visit.customer.number)}
    return render_console(request, "console/write.html", context, status=422 if refused else 200)


@for_staff
@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """One click: back to being oneself, on the customer's page of the console."""
    visit: Visit | None = getattr(request, "visit", None)
    going_on = visit or sessions.going_on(member_of_staff(request))
    sessions.end(request, going_on)
    if going_on is None:
        return redirect("console:home")
    messages.success(request, _("View as %(person)s ended.") % {"person": going_on.person})
    return redirect("console:customer", going_on.customer.number)


def _visit(request: HttpRequest) -> Visit:
    visit: Visit | None = getattr(request, "visit", None)
    if visit is None:
        raise Http404
    return visit


def _wanted(request: HttpRequest, number: str) -> str:
    """The page to go on with: one of that customer's, and no other."""
    page = (request.POST if request.method == "POST" else request.GET).get("next", "")
    home = links.home(number)
    return page if page.startswith(home) and "\n" not in page and "\r" not in page and ".." not in page else home


def view_as_address(number: str, page: str = "", member: int | None = None) -> str:
    """Where to view as, and then go on to that page."""
    asked = {name: value for name, value in (("next", page), ("member", member)) if value}
    return f"{reverse('console:view_as', args=[number])}{'?' if asked else ''}{urlencode(asked)}"
