"""What has happened is looked for: in rows that the portal writes, and in what is known of the platform's records.

`read_rows` goes by time over all customers, and overlaps: what was noted is not noted again. `look_at` compares one
customer's records with what was told of them; it asks the platform for nothing. `refresh` has one type of all keys
asked for anew where nobody looks, so that a round is one query for each key.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from portal.accounts.access import Scope
from portal.accounts.models import Customer, User
from portal.accounts.roles import Role
from portal.inventory import reads, visited_customers, watched_customers
from portal.inventory.reads import Listing, Source
from portal.inventory.redis_connection import Away
from portal.inventory.snapshots import one_look
from portal.inventory.snapshots.freshness import keys_of, parts_of
from portal.notify import noting
from portal.notify.facts import Fact
from portal.notify.models import Reading, ReadUntil
from portal.notify.sources import changes, dates, reachability, records, trail
from portal.schedule import told
from portal.schedule.events import GROUPS, MACHINES, MAINTENANCES, TYPES, passed

INVOICES = "invoice"
LOOKED_AT = (*TYPES, INVOICES)
# Asked for anew in turn: each comes up every two minutes where a round is every forty seconds.
TURNS = (MAINTENANCES, MACHINES, GROUPS)
EVERY = 40  # seconds between rounds
OVERLAP = timedelta(minutes=2)  # longer than a transaction takes
ROWS = "rows"

log = logging.getLogger(__name__)


def read_rows() -> int:
    """Note what the trail and the changes of all customers have told since the last time. How much was new."""
    began = timezone.now()
    last = ReadUntil.objects.filter(name=ROWS).first()
    since = (last.at if last else began) - OVERLAP
    by_number, by_id = trail.facts(since), changes.facts(since)
    noted = 0
    for customer in Customer.objects.filter(number__in=by_number) | Customer.objects.filter(pk__in=by_id):
        noted += note_all(customer, [*by_number.get(customer.number, ()), *by_id.get(customer.pk, ())])
    ReadUntil.objects.update_or_create(name=ROWS, defaults={"at": began})
    return noted


def note_all(customer: Customer, facts: Iterable[Fact]) -> int:
    """Note these, as far as they came about since it is listened. How much was new."""
    return _note(customer, lambda reading: [one for one in facts if (one.dated or one.at) >= reading.since])


def watched() -> Iterable[Customer]:
    """Customers of whom a page is open."""
    try:
        ids = {*watched_customers.watched(), *visited_customers.share()}
    except Away:
        ids = set()
    return Customer.objects.filter(pk__in=ids)


def look_at_all(customers: Iterable[Customer]) -> int:
    """The same for each; one whose records cannot be read holds up nobody."""
    noted = 0
    for customer in customers:
        try:
            noted += look_at(customer)
        except Exception:
            log.exception("what happened to customer %s could not be noted", customer.number)
    return noted


def look_at(customer: Customer) -> int:
    """Note what the platform did to a customer, as far as that is known. How much was new."""
    scope = Scope(customer, User(), Role.MANAGER)  # as somebody would see it who sees all
    with one_look.looking_only():
        listings = reads.listings(scope, LOOKED_AT, wait=False)
        told.bring_up(customer, {name: listings[name] for name in TYPES})
        if _is_told(customer, listings):
            return 0
        return _note(customer, lambda reading: _facts(customer, listings, reading))


def refresh(now: datetime) -> None:
    """Ask for the type whose turn it is, of all customers, where it is not current."""
    name = TURNS[int(now.timestamp() // EVERY) % len(TURNS)]
    for customer in Customer.objects.filter(api_keys__isnull=False).distinct():
        parts_of(customer, (name,), wait=False)


def _note(customer: Customer, find: Callable[[Reading], Iterable[Fact]]) -> int:
    with transaction.atomic():
        reading, _made = Reading.objects.select_for_update(no_key=True).get_or_create(customer=customer)
        memory = dict(reading.memory)
        noted = noting.note(customer, find(reading))
        if reading.memory != memory:
            reading.save(update_fields=["memory"])
    return len(noted)


def _is_told(customer: Customer, listings: Mapping[str, Listing]) -> bool:
    """Whether nothing can have happened since the last look: mostly so, and then nobody has to wait for a lock."""
    reading = Reading.objects.filter(customer=customer).first()
    if reading is None or "away" in reading.memory or any(one.troubles for one in listings.values()):
        return False
    return bool(reading.memory.get("keys") == _keys(customer) and reading.memory.get("state") == _state(listings))


def _facts(customer: Customer, listings: Mapping[str, Listing], reading: Reading) -> Iterator[Fact]:
    memory, some = reading.memory, [listings[name] for name in TYPES]
    yield from _reachability(some, memory)
    if any(one.source is Source.NEVER or one.troubles for one in some):
        return
    keys, state = _keys(customer), _state(listings)
    if memory.get("keys") != keys:
        memory.pop("invoices", None)
        noting.note(customer, _of_records(customer, listings, memory), silent=True)
    elif memory.get("state") != state:
        yield from _of_records(customer, listings, memory)
    yield from _of_invoices(customer, listings[INVOICES], memory)
    memory |= {"keys": keys, "state": state, "installing": records.installing(listings[MACHINES])}


def _of_records(customer: Customer, listings: Mapping[str, Listing], memory: Mapping[str, list[str]]) -> Iterator[Fact]:
    now = listings[MACHINES].platform_now
    yield from dates.facts(customer, listings, now)
    yield from records.ready(listings[MACHINES], memory.get("installing", ()), now)


def _of_invoices(customer: Customer, listing: Listing, memory: dict[str, object]) -> Iterator[Fact]:
    """They are asked for less often than all else: those of the first time that they are known are no news."""
    if listing.source is Source.NEVER or listing.troubles or memory.get("invoices") == listing.version:
        return
    if "invoices" in memory:
        yield from records.invoices(listing)
    else:
        noting.note(customer, records.invoices(listing), silent=True)
    memory["invoices"] = listing.version


def _keys(customer: Customer) -> list[str]:
    return sorted(str(key.pk) for key in keys_of(customer))


def _state(listings: Mapping[str, Listing]) -> str:
    """The same for as long as nothing new can be said."""
    now = listings[MACHINES].platform_now
    ahead = (timedelta(), dates.REMINDER, *dates.AHEAD.values())
    counted = (passed(listings, now + one) for one in ahead)
    versions = (listing.version for listing in listings.values())
    return " ".join([*versions, *map(str, counted)])


def _reachability(listings: Sequence[Listing], memory: dict[str, str]) -> Iterator[Fact]:
    now, since = timezone.now(), reachability.away_since(listings)
    if since is not None:
        if "away" not in memory:
            memory["away"] = since.isoformat()
        yield from reachability.away(datetime.fromisoformat(memory["away"]), now)
    elif "away" in memory and reachability.is_back(listings):
        began = datetime.fromisoformat(memory.pop("away"))
        if now - began >= reachability.A_WHILE:
            yield from reachability.back(began, now)
