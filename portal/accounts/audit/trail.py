"""The audit trail: who did what, from where, to what. Entries are added, and nobody changes them unnoticed.

Each customer's entries form a chain, and so do those that belong to no customer (chain ''): every entry carries the
digest of the one before, so an edit, a deletion or another order breaks the chain; that its end is missing shows
against an anchor that was kept elsewhere (`manage.py verify_audit`). Entries lose a person who was removed
(`redaction`), and old ones may go (`forgetting`): a later entry vouches for that.

`record` belongs into the transaction that does the thing: both happen, or neither.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Max
from django.dispatch import Signal
from django.utils import timezone

from portal.accounts import view_as
from portal.accounts.models import AuditEntry, AuditHead, Customer, Membership, User

REFUSED = "refused"
REMOVED = "person.removed"  # a person was taken out of earlier entries (accounts.audit.redaction)
LEFT = "left"  # in it: by their number, the digests of what those say now
FORGOTTEN = "trail.forgotten"  # old entries went, up to a number and with that one's digest (accounts.audit.forgetting)
A_WHILE = timedelta(minutes=10)
PORTAL = ""  # the chain of what belongs to no customer
recorded = Signal()  # something was added to `chain` that `actor_id` did
HASHED = ("chain", "sequence", "action", "actor_id", "actor", "address", "target", "before", "after", "previous")


type Done = tuple[str, Mapping[str, Any] | None, Mapping[str, Any] | None]
"""To what something was done; what there was before, and after."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who is behind the request that is being answered: the address it came from, and the person signed in."""

    address: str = ""
    user: User | None = None


_asker: ContextVar[Asker | None] = ContextVar("asker", default=None)


@contextmanager
def asking(asker: Asker) -> Iterator[None]:
    """While it lasts, entries are this asker's unless they name another."""
    token = _asker.set(asker)
    try:
        yield
    finally:
        _asker.reset(token)


def record(
    action: str,
    *,
    customer: Customer | None = None,
    actor: User | None = None,
    target: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Add an entry to the customer's chain. Never give it a secret.

    `action` is "<kind>.<what>", such as "key.replaced" (accounts.audit.actions names them for people); `actor` is the
    person signed in unless given, the portal itself where nobody is. Raises whatever the database raises.
    """
    (entry,) = record_all(action, [(target, before, after)], customer=customer, actor=actor)
    return entry


def record_all(
    action: str, done: Iterable[Done], *, customer: Customer | None = None, actor: User | None = None
) -> list[AuditEntry]:
    """The same of several things at once, an entry for each in their order: a thousand take no longer to write down
    than it takes to make them, since whoever else writes waits meanwhile.
    """
    asker = _asker.get() or Asker()
    actor = actor or asker.user
    with transaction.atomic():
        head = hold(customer.number if customer else PORTAL)
        entries: list[AuditEntry] = []
        for target, before, after in done:
            entry = AuditEntry(
                chain=head.chain,
                sequence=head.sequence + 1,
                at=timezone.now(),
                action=action,
                actor_id=actor.pk if actor else None,
                actor=_name(actor),
                address=asker.address,
                target=_text(target, 300),
                before=as_json(before),
                after=as_json(after),
                previous=head.digest,
            )
            entry.digest = digest_of(entry)
            entries.append(entry)
            head.sequence, head.digest = entry.sequence, entry.digest
        AuditEntry.objects.bulk_create(entries, batch_size=500)
        AuditHead.objects.filter(pk=head.pk).update(sequence=head.sequence, digest=head.digest)
        recorded.send(AuditEntry, chain=head.chain, actor_id=actor.pk if actor else None)
    return entries


def record_refusal(customer: Customer | None, target: str) -> None:
    """Once in a while for the same person and place: a page that goes on asking says nothing new."""
    asker = _asker.get() or Asker()
    chain, since = customer.number if customer else PORTAL, timezone.now() - A_WHILE
    actor_id = asker.user.pk if asker.user else None
    lately = AuditEntry.objects.filter(chain=chain, at__gt=since, action=REFUSED, actor_id=actor_id)
    if not lately.filter(target=_text(target, 300)).exists():
        record(REFUSED, customer=customer, target=target)


def record_person(
    action: str,
    user: User,
    *,
    target: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    proven: bool = True,
) -> None:
    """Add an entry about a person to the chain of each customer they belong to; to the portal's where there is none.

    Not `proven`: it was not the person, or nobody knows whether it was (a wrong password, say), so they are no actor.
    """
    customers: Sequence[Customer | None] = [
        membership.customer
        for membership in Membership.objects.select_related("customer")
        .filter(user=user)
        .order_by("customer__number")  # always in this order, so that two never wait for each other
    ]
    with transaction.atomic():
        for customer in customers or [None]:
            record(action, customer=customer, actor=user if proven else None, target=target, before=before, after=after)


def digest_of(entry: AuditEntry) -> str:
    """The digest that an entry must carry."""
    parts = {name: getattr(entry, name) for name in HASHED} | {"at": entry.at.astimezone(UTC).isoformat()}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def heads() -> dict[str, tuple[int, str]]:
    """Number and digest of each chain's last entry: the anchor that should be kept elsewhere."""
    return {head.chain: (head.sequence, head.digest) for head in AuditHead.objects.order_by("chain")}


def problems(anchor: Mapping[str, tuple[int, str]]) -> Iterator[str]:
    """What is wrong with the trail, in words; nothing where it is whole.

    An anchor says which digest a chain had at an earlier number (`heads` of back then).
    """
    stored = AuditEntry.objects.order_by().values_list("chain", flat=True).distinct()
    for chain in sorted({*heads(), *anchor, *stored}):
        for problem in _problems_of(chain, anchor.get(chain, (0, ""))):
            yield f"chain {chain or 'of the portal'}: {problem}"


def _problems_of(chain: str, anchor: tuple[int, str]) -> Iterator[str]:
    entries = AuditEntry.objects.filter(chain=chain).order_by("sequence")
    stored = entries.aggregate(last=Max("sequence"))["last"] or 0
    end = heads().get(chain, (0, ""))  # read after `stored`: both may grow meanwhile, in step
    last, digest = begin = _begin_of(chain)
    is_anchored = anchor == begin or anchor[0] < begin[0]
    left = _left_of(chain)
    for entry in entries.filter(sequence__lte=end[0]).iterator(chunk_size=2000):
        if entry.sequence != last + 1:
            yield f"{entry.sequence - last - 1} missing before number {entry.sequence}"
        elif entry.previous != digest:
            yield f"number {entry.sequence} does not follow the one before it"
        if digest_of(entry) not in (entry.digest, left.get(entry.sequence)):
            yield f"number {entry.sequence} was changed"
        last, digest = entry.sequence, entry.digest
        is_anchored = is_anchored or anchor == (last, digest)
    if (last, digest) != end or stored > end[0]:
        yield f"ends with number {max(last, stored)}, but {end[0]} were written"
    if not is_anchored:
        yield f"number {anchor[0]} is not there as the anchor has it"


def _left_of(chain: str) -> dict[int, str]:
    """The digests of entries that a person was taken out of, as the latest entry that vouches for them has it.

    One that vouches may have lost its own actor since; one that was changed otherwise vouches for nothing.
    """
    found: dict[int, str] = {}
    for entry in AuditEntry.objects.filter(chain=chain, action=REMOVED).order_by("-sequence"):
        if digest_of(entry) in (entry.digest, found.get(entry.sequence)):
            earlier = {int(number): digest for number, digest in json.loads(entry.after)[LEFT].items()}
            found = {number: digest for number, digest in earlier.items() if number < entry.sequence} | found
    return found


def _begin_of(chain: str) -> tuple[int, str]:
    """Number and digest of the last entry that was forgotten; those of none where all are kept."""
    for entry in AuditEntry.objects.filter(chain=chain, action=FORGOTTEN).order_by("-sequence"):
        said = json.loads(entry.after) if entry.digest == digest_of(entry) else {}
        if said and said["until"] < entry.sequence:
            return said["until"], said["digest"]
    return 0, ""


def hold(chain: str) -> AuditHead:
    """A chain's end, locked until the transaction is over. (SQLite has one writer at a time anyway.)"""
    head, _created = AuditHead.objects.select_for_update(no_key=True).get_or_create(chain=chain)
    return head


def _name(actor: User | None) -> str:
    """The actor's address; both, where one acts in another's place (accounts.view_as)."""
    if actor is None:
        return ""
    seen = view_as.present()
    if seen is None or seen.member.user_id == actor.pk:
        return actor.email
    return _text(f"{actor.email} as {seen.member.user.email}", 254)


def as_json(values: Mapping[str, Any] | None) -> str:
    """As entries have it, and as it is hashed; '' for nothing."""
    return "" if values is None else json.dumps(values, cls=DjangoJSONEncoder, sort_keys=True)


def _text(text: str, most: int) -> str:
    """What every database keeps: no NUL, no half characters, not too long."""
    return text.replace("\0", "").encode(errors="replace").decode()[:most]
