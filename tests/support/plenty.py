"""A portal in which there is as much of everything as a test says: `plenty.grow(3)`, and there are three of each.

One person is asked about all of it: a manager of customer 10001, who is staff as well. Whatever a page may list is
about a few subjects, which are the same however much there is: the machine `shop00`, its group `shop`, and so on.
"""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.test import Client
from django.utils import timezone

from portal.accounts.access import get_scope
from portal.accounts.audit import trail
from portal.accounts.models import ApiKey, Customer, Invitation, Membership, User
from portal.accounts.roles import Role
from portal.billing.archive.models import ArchivedRecord, Held
from portal.billing.document_orders.models import Job
from portal.billing.thresholds.models import Measure, Threshold
from portal.changes.models import Change, InstallTime, Item, State
from portal.console.models import Announcement, KeySample, Note, Sample, Visit
from portal.console.search import index
from portal.inventory import reads
from portal.notify.models import Attempt, Endpoint, Message, Occurrence
from portal.plans.models import Entry, Plan, Remark
from portal.resources.types import TYPES
from tests.inventory.conftest import add_key, fresh_process
from tests.inventory.platform import Platform
from tests.notify.making import notice
from tests.support import plenty_records as records

__all__ = ["fresh_process"]
# What changes and notes are about, and what is asked of each.
SUBJECTS = {
    ("virtualmachine", "shop00"): {"wanted": {"cores": 2}, "before": {"cores": 1}},
    ("resourcegroup", "shop"): {"wanted": {"production": False}, "before": {"production": True}},
    ("serviceuser", "shop/s-shop0"): {"wanted": {"description": "for the shop"}, "before": {"description": ""}},
    ("permission", "shop/ada0/login"): {"action": "delete"},
}
FIRST_MEMBER = 1_000_000  # above all that the database numbers by itself, however many tests it has seen
FIRST_PAPER = UUID("6f7c1f5e-0000-4000-8000-000000000000")
FIRST_WEBHOOK = UUID(int=1)  # and the first message of it
LIMITS = ((Measure.AMOUNT, ""), (Measure.TRAFFIC, ""), (Measure.TRAFFIC, "part0"))
FAULT = {"kind": "fault", "text": "no room left", "code": 1, "field": "cores", "item": 0}
CLASH = {"item": 0, "reason": "changed", "fields": {"cores": {"before": 1, "wanted": 2, "present": 4}}}


class Plenty:
    """The portal. `count` is how much there is of everything, three at most."""

    def __init__(self, platform: Platform, forget: Callable[[], None]) -> None:
        self.platform = platform
        self.count = 0
        self._forget = forget

    def person(self, k: int = 0) -> User:
        """The one who is asked, and others who have done something."""
        return User.objects.get(email=f"person{k}@example.com")

    @property
    def customer(self) -> Customer:
        return Customer.objects.get(number="10001")

    def client(self) -> Client:
        """The browser of the person who is asked."""
        client = Client()
        client.force_login(self.person())
        return client

    def grow(self, count: int) -> None:
        """From now on there are so many of everything, and the portal knows all that is on the platform."""
        for k in range(self.count, count):
            for add in (_add_people, _add_changes, _add_plans, _add_talk, _add_money, _add_figures, _add_webhooks):
                add(self, k)
        self.count = count
        self.platform.records = records.of(count)
        self.platform.keys = {records.key_group(k): f"secret {k}" for k in range(count)}
        self.look()
        index.update()

    def look(self) -> None:
        """The platform is asked for everything, by a process that knows nothing yet."""
        self._forget()
        scope = get_scope(self.person(), "10001")
        for name in TYPES:
            reads.refresh(scope, name)

    def refuse_keys(self) -> None:
        """The platform accepts none of the keys any more, and the portal has noticed."""
        self.platform.keys = {}
        self.look()

    def view_as_oneself(self, client: Client) -> None:
        """The person sees the customer as staff do in a person's place: their own."""
        Visit.objects.filter(ended=None).delete()
        answer = client.post("/console/c/10001/view-as", {"member": FIRST_MEMBER, "reason": "Ticket 4711"})
        assert answer.status_code == 302


@pytest.fixture
def plenty(db: None, redis_url: str, fresh_process: Callable[[], None], settings: Any) -> Iterator[Plenty]:
    """Nothing at all, until a test lets it grow."""
    platform = Platform()
    platform.date = records.NOW.strftime("%a, %d %b %Y %H:%M:%S GMT")
    platform.start()
    settings.API_URL = platform.url
    yield Plenty(platform, fresh_process)
    platform.stop()


def _add_people(plenty: Plenty, k: int) -> None:
    """A manager of the first customer, a customer that the first person belongs to, a key, and how one signs in."""
    new = User.objects.create(email=f"person{k}@example.com", name=f"Person {k}", is_staff=True, is_superuser=True)
    customer = Customer.objects.create(number=str(10001 + k), name=f"Customer {k}")
    member = FIRST_MEMBER + 100 * k
    Membership.objects.create(pk=member, user=new, customer=plenty.customer, role=Role.MANAGER)
    if k > 0:
        Membership.objects.create(pk=member + 1, user=plenty.person(), customer=customer, role=Role.MANAGER)
    add_key(plenty.customer, records.key_group(k), f"secret {k}")
    asked = {"customer": plenty.customer, "email": f"guest{k}@example.com", "role": Role.VIEWER, "invited_by": new}
    Invitation.objects.create(token_hash=str(k), expires=timezone.now() + Invitation.VALID_FOR, **asked)
    passkey = {"name": f"Passkey {k}", "credential": {}}
    Authenticator.objects.create(user=plenty.person(), type=Authenticator.Type.WEBAUTHN, data=passkey)
    Authenticator.objects.create(user=new, type=Authenticator.Type.TOTP, data={})
    SocialAccount.objects.create(user=plenty.person(), provider="sso", uid=f"account{k}")
    session = plenty.client().session.session_key
    UserSession.objects.create(user=plenty.person(), session_key=session, ip=f"192.0.2.{k}", user_agent="")


def _add_changes(plenty: Plenty, k: int) -> None:
    """A change in each state that pages tell in their own way. Those of one state follow each other, so that the first
    on a page are by different people. The very first is about one more machine each time; each customer has one."""
    now = timezone.now()
    ended = {"recorded_at": now, "done_at": now}
    states: dict[State, dict[str, Any]] = {
        State.QUEUED: {},
        State.CONFLICT: {"answer": {"kind": "conflict", "items": [CLASH]}},
        State.PARKED: {},
        State.SETTLING: {"recorded_at": now},
        State.REJECTED: {"answer": FAULT, "done_at": now},
        State.DONE: ended,
    }
    customer = Customer.objects.get(number=str(10001 + k))
    _item(_change(plenty, k, State.DONE, 0, customer=customer, **ended), 0, "virtualmachine", "shop10")
    first = Change.objects.get(customer=plenty.customer, number=1)
    if k > 0:
        _item(first, k, "virtualmachine", f"shop1{k}")
    for place, (state, values) in enumerate(states.items(), start=1):
        change = _change(plenty, k, state, place, **values)
        for position, ((type_name, key), asked) in enumerate(SUBJECTS.items()):
            _item(change, position, type_name, key, **asked)
    new = {"resource_group": "shop", "location": "rzob", "cores": 2}
    _item(_change(plenty, k, State.QUEUED, 7), 0, "virtualmachine", f"shop5{k}", creates=True, wanted=new)
    _item(_change(plenty, k, State.DONE, 8, **ended), 0, "virtualmachine", records.GONE, action="delete")


def _change(
    plenty: Plenty, k: int, state: State, place: int, *, customer: Customer | None = None, **values: Any
) -> Change:
    customer = customer or plenty.customer
    number = customer.changes.count() + 1
    key = ApiKey.objects.get(resource_group=records.key_group(k))
    ordered = {"customer": customer, "number": number, "turn": 10 * place + k, "token": str(number)}
    sent = {"api_key": key, "key_group": key.resource_group, "key_generation": key.generation}
    return Change.objects.create(author=plenty.person(k), state=state, **ordered, **sent, **values)


def _item(change: Change, position: int, type_name: str, key: str, **asked: Any) -> None:
    Item.objects.create(change=change, position=position, type_name=type_name, key=key, group="shop", **asked)


def _add_plans(plenty: Plenty, k: int) -> None:
    """A plan; the first is about one more machine each time, and somebody else has said something, and asked the person
    to look and was answered by nobody."""
    author = plenty.person(k)
    plan = Plan.objects.create(customer=plenty.customer, number=k + 1, name=f"Plan named {k}", author=author)
    Customer.objects.filter(pk=plenty.customer.pk).update(plans_version=k + 1, requires_approval=True)
    first = Plan.objects.get(customer=plenty.customer, number=1)
    asked = {"type_name": "virtualmachine", "group": "shop", "wanted": {"cores": 2}, "before": {"cores": 1}}
    for one in {plan.pk: plan, first.pk: first}.values():
        Entry.objects.create(plan=one, key=f"shop0{k}", author=author, **asked)
        Remark.objects.create(plan=one, author=author, revision=0, kind=Remark.Kind.COMMENT, text=f"Said {k}")
        Remark.objects.create(plan=one, author=author, revision=0, kind=Remark.Kind.REQUEST, to=plenty.person())


def _add_talk(plenty: Plenty, k: int) -> None:
    """What staff say and do, and what is on record."""
    author, now = plenty.person(k), timezone.now()
    Announcement.objects.create(text=f"Announcement {k}", author=author, ends=now + timedelta(days=1))
    for one in Announcement.objects.all():
        one.customers.set(Customer.objects.all())
    subjects = ("change/1", *(f"{type_name}/{key}" for type_name, key in SUBJECTS))
    Note.objects.create(customer=plenty.customer, author=author, text=f"Note {k}", pinned=True)
    for subject in subjects:
        Note.objects.create(customer=plenty.customer, subject=subject, author=author, text=f"Note {k}")
    member = Membership.objects.get(user=author, customer=plenty.customer)
    of_whom = {"member": member, "customer": member.customer, "person": member.user}
    Visit.objects.create(staff=plenty.person(), **of_whom, reason=f"Reason {k}", expires=now, ended=now)
    trail.record("key.replaced", customer=plenty.customer, actor=author, target=f"target{k}", after={"group": "shop"})
    notice(plenty.person(), plenty.customer, record=f"shop0{k}")


def _add_money(plenty: Plenty, k: int) -> None:
    """A limit, a paper on order (the first is of one month more each time), months that the platform lists no more."""
    customer, now = plenty.customer, timezone.now()
    measure, group = LIMITS[k]
    Threshold.objects.create(customer=customer, measure=measure, group=group, limit=1)
    order = {"kind": "invoice", "form": "pdf", "size": "a4", "language": "en", "months": [records.month(0)]}
    by = {"customer": customer, "author": plenty.person(), "role": Role.MANAGER}
    Job.objects.create(pk=UUID(int=FIRST_PAPER.int + k), token=str(k), **by, **order)
    Job.objects.filter(pk=FIRST_PAPER).update(months=[records.month(earlier) for earlier in range(k, -1, -1)])
    for raw in records.no_longer_listed(k):
        kind = TYPES[raw["__type__"]]
        known = {"customer": customer, "type": kind.name, "gone_since": now}
        ArchivedRecord.objects.create(key=kind.key_of(raw), key_digest=str(k), raw=json.dumps(raw), **known)
        defaults = {"seen": now, "gone": k + 1, "turns": k + 1}
        Held.objects.update_or_create(customer=customer, type=kind.name, defaults=defaults)


def _add_webhooks(plenty: Plenty, k: int) -> None:
    """Another endpoint; and something that the first was told of in two attempts."""
    endpoint = Endpoint(
        id=UUID(int=k + 1), customer=plenty.customer, url="https://example.com/", description=f"Hook {k}"
    )
    endpoint.seal(f"secret {k}")
    endpoint.save()
    happened = Occurrence.objects.create(
        customer=plenty.customer,
        kind="platform.back",
        key=f"hook{k}",
        thread="hook",
        at=timezone.now(),
        record=f"told{k}",
    )
    message = Message.objects.create(
        id=UUID(int=k + 1), endpoint_id=FIRST_WEBHOOK, occurrence=happened, state=Message.State.FAILED
    )
    Attempt.objects.create(message=message, at=timezone.now(), milliseconds=k, status=500)
    Attempt.objects.create(message_id=FIRST_WEBHOOK, at=timezone.now(), milliseconds=k, status=500)


def _add_figures(plenty: Plenty, k: int) -> None:
    """What is measured now and then."""
    at = timezone.now() - timedelta(minutes=10 - k)
    Sample.objects.create(at=at, figures=dict.fromkeys(("calls", "failed", "seconds", "reads", "hits"), k))
    KeySample.objects.create(group="shop", at=at, calls=1, seconds=1.0, reads=1, hits=1)
    InstallTime.objects.create(seconds=60.0)
