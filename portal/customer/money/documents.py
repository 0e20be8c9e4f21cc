"""Consumption and invoices on paper: the document for the browser's printer, and files that a worker makes."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts.access import Scope, get_scope
from portal.accounts.audit import trail
from portal.accounts.models import PaperSize
from portal.accounts.roles import Verb
from portal.billing.document_orders import orders
from portal.billing.document_orders.models import Form, State, kept_for
from portal.billing.document_orders.orders import MOST_MONTHS, MOST_OPEN, Order, TooManyOpen
from portal.billing.document_orders.presenter import OrderPresenter
from portal.billing.documents import page_margins
from portal.billing.documents.document import KINDS, PrintableRecords, PrintedDocument, Printing
from portal.billing.usage import months as month_words
from portal.customer.shell import render_live, render_page
from portal.ui import links

TYPES = {"pdf": "application/pdf", "zip": "application/zip"}


@dataclass(frozen=True)
class Asked:
    """The form on the page of papers, as it was sent or as it comes at first."""

    scope: Scope
    params: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def token(self) -> str:
        return self.params.get("token", "")[:64] or uuid.uuid4().hex

    @cached_property
    def kinds(self) -> Sequence[tuple[str, str]]:
        labels = {"invoice": _("Invoices"), "consumption": _("Consumption")}
        return [(kind, labels[kind]) for kind in KINDS if self.scope.may_see(kind)]

    @property
    def kind(self) -> str:
        found = [kind for kind, _label in self.kinds]
        return self.params["kind"] if self.params.get("kind") in found else found[0]

    @cached_property
    def known(self) -> Mapping[str, Sequence[str]]:
        """Months by kind, the latest first."""
        return {kind: _shelf(self.scope, kind).months for kind, _label in self.kinds}

    @property
    def months(self) -> Sequence[tuple[str, str]]:
        """(period, label) of all that can be chosen, the latest first."""
        found = sorted({month for months in self.known.values() for month in months}, reverse=True)
        return [(month, month_words.label(month)) for month in found]

    @property
    def first(self) -> str:
        return self.params.get("from") or self.params.get("month") or self._latest

    @property
    def last(self) -> str:
        return self.params.get("to") or self.params.get("month") or self._latest

    @property
    def form(self) -> Form:
        return Form(self.params["form"]) if self.params.get("form") in Form else Form.PDF

    @property
    def size(self) -> PaperSize:
        """The person's own, unless they chose another one here."""
        asked = self.params.get("size", "")
        return PaperSize(asked if asked in PaperSize else self.scope.user.paper_size)

    @property
    def forms(self) -> Sequence[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in Form.choices]

    @property
    def sizes(self) -> Sequence[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in PaperSize.choices]

    @cached_property
    def chosen(self) -> Sequence[str]:
        """The months of that kind from the first to the last."""
        return sorted(month for month in self.known[self.kind] if self.first <= month <= self.last)

    @property
    def wrong(self) -> str:
        """What is wrong with the months; '' for nothing."""
        if not self.params.get("month") and not (self.params.get("from") and self.params.get("to")):
            return _("Select the first and the last month.")
        if self.first > self.last:
            return _("This month is before the first one: select the same or a later one.")
        if not self.chosen:
            return _("There is no data for these months: select others.")
        if len(self.chosen) > MOST_MONTHS:
            return _("These are %(count)s months: select at most %(most)s at once.") % {
                "count": len(self.chosen),
                "most": MOST_MONTHS,
            }
        return ""

    @property
    def order(self) -> Order:
        return Order(self.kind, self.chosen, self.form, self.size)

    @property
    def _latest(self) -> str:
        known = self.known[self.kind]
        return known[0] if known else ""


@require_http_methods(["GET", "HEAD", "POST"])
def papers(request: HttpRequest, customer_no: str) -> HttpResponse:
    """What the person has ordered, and a form that orders; what is made at once leads to the file itself.

    Takes `kind`, `from` and `to` (periods) or `month`, `form`, `size`, `token`.
    """
    scope = _scope(request, customer_no)
    if request.POST.get("kind") in KINDS:
        scope.require(Verb.SEE, request.POST["kind"])
    asked = Asked(scope, request.POST.dict())
    problem = ""
    if request.method == "POST" and not asked.wrong:
        try:
            job = orders.place(scope, asked.order, asked.token)
        except TooManyOpen:
            problem = _("%(most)s of your exports are being created. Try again when one of them is ready.") % {
                "most": MOST_OPEN
            }
        else:
            return redirect(f"{OrderPresenter(job).address}{'file' if orders.is_made_at_once(job) else ''}")
    found = [OrderPresenter(job) for job in orders.of(scope).select_related("customer")]
    wrong = asked.wrong if request.method == "POST" else ""
    context = {"asked": asked, "told": found, "wrong": wrong, "problem": problem, "days_kept": kept_for().days}
    return render_page(request, scope, "billing/papers.html", context, status=422 if wrong or problem else 200)


@require_safe
def paper(request: HttpRequest, customer_no: str, pk: UUID) -> HttpResponse:
    """One order and how far it is; `#job` for htmx."""
    scope = _scope(request, customer_no)
    told = OrderPresenter(orders.find(scope, pk))
    context = {"told": told, "token": uuid.uuid4().hex}
    return render_live(request, scope, "billing/paper.html", "job", context, told)


@require_safe
def file(request: HttpRequest, customer_no: str, pk: UUID) -> HttpResponseBase:
    """The finished file; 404 before it is."""
    job = orders.find(_scope(request, customer_no), pk)
    if job.state != State.DONE:
        raise Http404
    response = StreamingHttpResponse(orders.content(job), content_type=TYPES[job.form])
    response.headers["Content-Length"] = str(job.bytes)
    response.headers["Content-Disposition"] = f'attachment; filename="{job.file_name}"'
    response.headers["Cache-Control"] = "no-store, private"
    return response


@require_safe
def document(request: HttpRequest, customer_no: str, kind: str, month: str) -> HttpResponse:
    """A month as the browser prints it; on record."""
    scope = get_scope(request.user, customer_no)
    found = _paper(scope, kind, month)
    if request.method == "GET":
        trail.record("printed", customer=scope.customer, target=f"{kind}/{month}")
    number = scope.customer.number
    is_invoice = kind == "invoice"
    back = links.record(number, kind, month) if is_invoice else links.of_type(number, kind, [("period", month)])
    context = {"paper": found, "back": back, "boxes": f"{links.paper(number, kind, month)}margins.css"}
    response = render(request, "print/document.html", context)
    response.headers["Cache-Control"] = "no-store, private"
    return response


@require_safe
def margins(request: HttpRequest, customer_no: str, kind: str, month: str) -> HttpResponse:
    """The style of that document's margins: what it says is in the person's language, and about this paper."""
    found = _paper(get_scope(request.user, customer_no), kind, month)
    response = HttpResponse(page_margins.css(found.title), content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = "no-store, private"
    return response


def _scope(request: HttpRequest, customer_no: str) -> Scope:
    """Of who may see money of some kind; PermissionDenied for others."""
    scope = get_scope(request.user, customer_no)
    if not any(scope.may_see(kind) for kind in KINDS):
        raise PermissionDenied
    return scope


def _shelf(scope: Scope, kind: str) -> PrintableRecords:
    return PrintableRecords(scope, kind, Printing(scope.customer, str(scope.user)))


def _paper(scope: Scope, kind: str, month: str) -> PrintedDocument:
    if kind not in KINDS:
        raise Http404
    scope.require(Verb.SEE, kind)
    try:
        return _shelf(scope, kind).paper(month)
    except KeyError:
        raise Http404 from None


urlpatterns = [
    path("c/<str:customer_no>/paper/", papers, name="papers"),
    path("c/<str:customer_no>/paper/<uuid:pk>/", paper, name="paper"),
    path("c/<str:customer_no>/paper/<uuid:pk>/file", file, name="paper_file"),
    path("c/<str:customer_no>/paper/<str:kind>/<str:month>/", document, name="document"),
    path("c/<str:customer_no>/paper/<str:kind>/<str:month>/margins.css", margins, name="margins"),
]
