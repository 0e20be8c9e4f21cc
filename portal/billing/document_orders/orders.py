"""Orders of papers: what a person asks for, once however often they click, and what they have got.

A worker makes them (`worker`); the row is the truth, the message only a nudge.
"""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import get_language

from portal.accounts.access import Scope
from portal.accounts.audit import trail
from portal.accounts.models import Customer, PaperSize
from portal.accounts.roles import Verb
from portal.billing.document_orders import leases
from portal.billing.document_orders.models import Form, Job, State, kept_for
from portal.changes.enqueue import nudge

TASK = "billing.make_papers"
MOST_MONTHS = 36
MOST_OPEN = 5  # orders of one person that are not finished
PATIENCE = 3.0  # seconds for which a single month is waited for
LOOKS_EVERY = 0.1  # seconds


class TooManyOpen(Exception):
    """This person has `MOST_OPEN` orders in the making already."""


@dataclass(frozen=True)
class Order:
    """Months of one kind, as one file."""

    kind: str
    months: Sequence[str]
    form: Form = Form.PDF
    size: PaperSize = PaperSize.A4

    def token(self, of_form: str) -> str:
        """The same form sent twice is one order, with other choices another one."""
        content = json.dumps([of_form, self.kind, *self.months, self.form, self.size])
        return sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def place(scope: Scope, order: Order, of_form: str) -> Job:
    """The order as a row, on record, and a nudge for a worker; the earlier one where the same form was sent before.

    Raises PermissionDenied for a role that may not see the kind, ValueError for what no form of ours asks,
    TooManyOpen. That the months exist is for the caller to see to.
    """
    scope.require(Verb.SEE, order.kind)
    if not 0 < len(order.months) <= MOST_MONTHS or len(set(order.months)) != len(order.months):
        raise ValueError("months")
    with transaction.atomic():
        Customer.objects.select_for_update(no_key=True).get(pk=scope.customer.pk)  # two clicks come one after the other
        theirs, token = Job.objects.filter(customer=scope.customer, author=scope.user), order.token(of_form)
        if (earlier := theirs.filter(token=token).first()) is not None:
            return earlier
        if theirs.filter(state__in=(State.WAITING, State.WORKING)).count() >= MOST_OPEN:
            raise TooManyOpen
        return _write(scope, order, token)


def _write(scope: Scope, order: Order, token: str) -> Job:
    job = Job.objects.create(
        customer=scope.customer,
        author=scope.user,
        role=scope.role,
        root=scope.root,
        token=token,
        kind=order.kind,
        months=sorted(order.months),
        form=order.form,
        size=order.size,
        language=get_language() or "en",
    )
    asked = {"format": order.form, "paper": order.size, "records": len(order.months), "months": sorted(order.months)}
    trail.record("exported", customer=scope.customer, target=order.kind, after=asked)
    transaction.on_commit(partial(nudge, str(job.pk), TASK))
    return job


def of(scope: Scope) -> QuerySet[Job]:
    """What this person has ordered here and is still kept, as far as they may still see it; the latest first."""
    kinds = [kind for kind in ("invoice", "consumption") if scope.may_see(kind)]
    kept = Job.objects.filter(customer=scope.customer, author=scope.user, created__gt=timezone.now() - kept_for())
    return kept.filter(kind__in=kinds, root=scope.root)


def find(scope: Scope, pk: UUID) -> Job:
    """One of them; Http404 for everybody else's, and for what was removed."""
    job = of(scope).filter(pk=pk).first()
    if job is None:
        raise Http404
    return job


def is_made_at_once(job: Job) -> bool:
    """Waits for a worker a little, where the file is one that takes no longer: whether it is there now."""
    end = time.monotonic() + (PATIENCE if len(job.months) == 1 else 0)
    while _state(job) in (State.WAITING, State.WORKING) and time.monotonic() < end:
        time.sleep(LOOKS_EVERY)
    return _state(job) == State.DONE


def _state(job: Job) -> str | None:
    return Job.objects.filter(pk=job.pk).values_list("state", flat=True).first()


def ahead_of(job: Job) -> int:
    """How many orders, of anybody, are made before this one."""
    if job.state != State.WAITING:
        return 0
    line = leases.line()
    waiting = line.index(job.pk) if job.pk in line else 0  # taken meanwhile
    return waiting + Job.objects.filter(state=State.WORKING).count()


def content(job: Job) -> Iterator[bytes]:
    """The finished file, piece by piece."""
    for data in job.chunks.order_by("position").values_list("data", flat=True).iterator(chunk_size=1):
        yield bytes(data)
