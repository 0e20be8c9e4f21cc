"""Which worker makes which order: taken by compare-and-set, under a lease that its process keeps alive."""

import secrets
from collections.abc import Sequence
from contextlib import AbstractContextManager
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, OuterRef, QuerySet, Subquery, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from portal import leasing
from portal.billing.document_orders.models import Chunk, Job, Reason, State, kept_for

MOST_ATTEMPTS = 2  # what takes two workers along is not given a third
CHUNK_BYTES = 512 * 1024


def due() -> list[str]:
    """The order that comes next; none while one is in hand."""
    if Job.objects.filter(state=State.WORKING).exists():
        return []
    return [str(pk) for pk in line()[:1]]


def line() -> list[UUID]:
    """Orders that wait, in the order in which they are made: one of each customer in turn, first of those who were
    served longest ago. So nobody waits behind all of somebody else's.
    """
    served = Job.objects.filter(customer=OuterRef("customer"), ended__isnull=False).order_by("-ended").values("ended")
    place = Window(RowNumber(), partition_by="customer", order_by="created")
    waiting = Job.objects.filter(state=State.WAITING).annotate(place=place, served=Subquery(served[:1]))
    return list(waiting.order_by("place", F("served").asc(nulls_first=True), "created").values_list("pk", flat=True))


def take(pk: str) -> Job | None:
    """The order, held by the caller; None where it does not wait, or another one is in hand."""
    holder, until = secrets.token_hex(16), timezone.now() + leasing.LEASE
    try:
        with transaction.atomic():
            taken = Job.objects.filter(pk=pk, state=State.WAITING).update(
                state=State.WORKING, lease_holder=holder, lease_until=until, attempts=F("attempts") + 1, made=0
            )
    except IntegrityError:  # one_paper_at_a_time
        return None
    return (
        Job.objects.select_related("customer", "author").filter(pk=pk, lease_holder=holder).first() if taken else None
    )


def kept(job: Job) -> AbstractContextManager[None]:
    """While the block goes on the lease does not expire, as long as this process lives."""
    return leasing.renewed(lambda: _held(job).update(lease_until=timezone.now() + leasing.LEASE))


def advance(job: Job, made: int) -> bool:
    """So many papers are made. False where the order is not the caller's any more."""
    return bool(_held(job).update(made=made))


def finish(job: Job, data: bytes, file_name: str) -> bool:
    """The file is here, all of it or nothing."""
    pieces = [data[at : at + CHUNK_BYTES] for at in range(0, len(data), CHUNK_BYTES)]
    with transaction.atomic():
        done = _end(job, State.DONE, made=len(job.months), file_name=file_name, bytes=len(data))
        if done:
            Chunk.objects.bulk_create(_chunks(job, pieces))
    return done


def fail(job: Job, reason: Reason, detail: str = "") -> bool:
    """It will not be made."""
    return _end(job, State.FAILED, reason=reason, detail=detail[:300])


def expire() -> None:
    """What a worker had in hand when it went away waits again; what took several along has failed."""
    lost = Job.objects.filter(state=State.WORKING, lease_until__lte=timezone.now())
    free = {"lease_holder": "", "lease_until": None}
    lost.filter(attempts__lt=MOST_ATTEMPTS).update(state=State.WAITING, **free)
    lost.update(state=State.FAILED, reason=Reason.INTERRUPTED, ended=timezone.now(), **free)


def remove_old() -> int:
    """Orders that are no longer kept, with their files. How many."""
    _rows, removed = Job.objects.filter(created__lte=timezone.now() - kept_for()).delete()
    return removed.get(Job._meta.label, 0)


def _end(job: Job, state: State, **fields: object) -> bool:
    ended = {"state": state, "ended": timezone.now(), "lease_holder": "", "lease_until": None}
    return bool(_held(job).update(**ended, **fields))


def _held(job: Job) -> QuerySet[Job]:
    return Job.objects.filter(pk=job.pk, state=State.WORKING, lease_holder=job.lease_holder)


def _chunks(job: Job, pieces: Sequence[bytes]) -> list[Chunk]:
    return [Chunk(job=job, position=position, data=piece) for position, piece in enumerate(pieces)]
