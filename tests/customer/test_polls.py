"""An open page that asks whether there is news: "no" costs no database, and no news is missed, nor anybody's rights."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from redis import Redis

from portal.accounts.access import Scope, get_scope
from portal.accounts.audit import trail
from portal.accounts.models import ApiKey, Customer, Membership, User
from portal.accounts.sign_in import sessions
from portal.changes import leases
from portal.changes.intent import Intent
from portal.changes.models import Change, Item
from portal.changes.submit import submit
from portal.inventory import news
from portal.inventory.redis_connection import forget_absence
from portal.inventory.snapshots import single_flight, write_through
from portal.resources.types import TYPES
from tests.console.view_as.test_sessions import view_as
from tests.customer.conftest import Browse

C = "/c/10001/"
HOST = "http://testserver"
MACHINES = f"{C}virtualmachine/"
PAGES = (MACHINES, f"{MACHINES}?q=shop&sort=-memory", f"{MACHINES}shop11/", C, f"{C}resourcegroup/?view=tree")


class LivePage:
    """A page as it stands open, asking for itself as htmx does."""

    def __init__(self, client: Client, path: str) -> None:
        self.client, self.path, self.tag = client, path, "none yet"
        stamp = re.search(r'data-page="([^"]+)"', client.get(path).content.decode())
        assert stamp
        self.headers = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Current-URL": f"{HOST}{path}"}
        self.headers |= {"Portal-Page": stamp[1]}
        for _ in range(2):  # the first may have set going what the second waits for
            for done in single_flight.under_way():
                done.wait(60)
            self.poll()

    def poll(self, **other: str) -> Any:
        answer = self.client.get(self.path, headers=self.headers | {"HX-PTag": self.tag} | other)
        self.tag = answer.headers.get("HX-PTag", self.tag)
        return answer

    def is_told_at_once(self, **other: str) -> bool:
        """Whether "nothing new" is answered without a look into the database."""
        with CaptureQueriesContext(connection) as queries:
            answer = self.poll(**other)
        return answer.status_code == 304 and not len(queries)


@pytest.fixture
def live(browse: Browse) -> Callable[..., LivePage]:
    """`live("viewer", path)`: a page that has all there is, and was told so."""

    def open_page(name: str = "manager", path: str = MACHINES) -> LivePage:
        client = browse(name)
        for type_name in TYPES:
            client.get(f"{C}{type_name}/")
        page = LivePage(client, path)
        page.poll()
        return page

    return open_page


@pytest.fixture
def change(browse: Browse, scope_of: Any) -> Change:
    """Something pending, so that there is something to ask for."""
    return ask(scope_of("manager"), "shop11")


def ask(scope: Scope, name: str) -> Change:
    wanted = Intent(type_name="virtualmachine", key=name, wanted={"cores": 2}, before={"cores": 1})
    return submit(scope, [wanted], f"token {name}")


@pytest.mark.parametrize("path", [*PAGES, f"{C}changes/", f"{C}changes/1/", f"{C}changes/1/?line"])
def test_that_there_is_nothing_new_is_told_without_the_database(live: Any, change: Change, path: str) -> None:
    page = live(path=path)
    assert page.is_told_at_once()
    assert page.is_told_at_once()


def test_it_is_told_with_the_headers_of_all_answers(live: Any) -> None:
    answer = live().poll()
    assert answer.status_code == 304
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert not answer.cookies


# --- news end it -----------------------------------------------------------------------------------------------------


def asked_for_more(change: Change) -> None:
    ask(get_scope(User.objects.get(email="manager@example.com"), "10001"), "shop12")


def moved_on(change: Change) -> None:
    taken = leases.take(str(change.pk))
    assert taken
    leases.depart(taken, None)


def item_settled(change: Change) -> None:
    Item.objects.filter(change=change).update(settled_at=timezone.now())


def items_rewritten(change: Change) -> None:
    items = list(change.items.all())
    items[0].evidence = "install"
    Item.objects.bulk_update(items, ["evidence"])


def row_saved(change: Change) -> None:
    change.attempts = 3
    change.save()


def row_gone(change: Change) -> None:
    change.delete()


def machine_gone(change: Change) -> None:
    key = ApiKey.objects.get(customer=change.customer, resource_group="services")
    write_through.patch(key, "virtualmachine", [], ["shop10"])


def role_taken(change: Change) -> None:
    member = Membership.objects.get(user__email="manager@example.com", customer=change.customer)
    member.role = "viewer"
    member.save()


def member_removed(change: Change) -> None:
    Membership.objects.filter(user__email="manager@example.com", customer=change.customer).delete()


def signed_out_elsewhere(change: Change) -> None:
    sessions.end_all(User.objects.get(email="manager@example.com"))


def account_closed(change: Change) -> None:
    person = User.objects.get(email="manager@example.com")
    person.is_active = False
    person.save()


def key_replaced(change: Change) -> None:
    key = ApiKey.objects.get(customer=change.customer, resource_group="services")
    key.set_secret("another")
    key.save()


def something_on_record(change: Change) -> None:
    """As every step of a view of staff is, every budget, and a second factor that is asked of all."""
    trail.record("member.factor_required", customer=change.customer)


NEWS = (
    asked_for_more,
    moved_on,
    item_settled,
    items_rewritten,
    row_saved,
    row_gone,
    machine_gone,
    role_taken,
    member_removed,
    signed_out_elsewhere,
    account_closed,
    key_replaced,
    something_on_record,
)


@pytest.mark.parametrize("happens", NEWS, ids=lambda one: one.__name__)
def test_news_are_never_missed(live: Any, change: Change, happens: Callable[[Change], None]) -> None:
    page = live()
    happens(change)
    assert not page.is_told_at_once()


def test_whoever_signs_out_is_asked_to_sign_in(live: Any) -> None:
    page = live()
    page.client.post("/accounts/logout/")
    answer = page.poll()
    assert answer.headers["HX-Redirect"].startswith("/accounts/login/")


def test_what_another_customer_does_changes_nothing(live: Any, change: Change) -> None:
    page = live()
    other = Customer.objects.get(number="10002")
    trail.record("member.changed", customer=other)
    news.tell([news.of_customer(other.pk)])
    assert page.is_told_at_once()


def test_that_a_worker_takes_a_change_is_nothing_to_show(live: Any, change: Change) -> None:
    page = live()
    assert leases.take(str(change.pk))
    assert page.is_told_at_once()


def test_what_is_taken_back_with_its_transaction_is_no_news(live: Any, change: Change) -> None:
    page = live()
    with transaction.atomic():
        row_saved(change)
        transaction.set_rollback(True)
    assert page.is_told_at_once()


# --- whose it is -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        {"HX-PTag": "forged"},
        {"HX-PTag": ""},
        {"HX-Request-Type": "full"},
        {"HX-History-Restore-Request": "true"},
        {"HX-Target": "main"},
        {"Portal-Page": "made for somebody else"},
        {"Accept-Language": "de"},
        {"Cookie": "sessionid=another"},
        {"Cookie": ""},
        {"Host": "127.0.0.1"},
    ],
    ids=str,
)
def test_a_note_is_for_the_very_same_question(live: Any, other: dict[str, str]) -> None:
    page = live()
    name, value = next(iter(other.items()))
    if name == "Cookie":
        page.client.cookies.load(value or "sessionid=")
        other = {}
    assert not page.is_told_at_once(**other)


def test_another_persons_page_has_its_own(live: Any, browse: Browse) -> None:
    page = live()
    page.client = browse("viewer")
    assert not page.is_told_at_once()


def test_another_page_and_another_method_go_the_whole_way(live: Any) -> None:
    page = live()
    tag, page.path = page.tag, f"{MACHINES}?sort=name"
    assert not page.is_told_at_once()
    page.path, page.tag = MACHINES, tag
    with CaptureQueriesContext(connection) as queries:
        page.client.head(MACHINES, headers=page.headers | {"HX-PTag": tag})
    assert len(queries)


def test_a_view_of_staff_is_judged_anew_each_time(live: Any, browse: Browse) -> None:
    staff = browse("staff")
    view_as(staff)
    page = LivePage(staff, MACHINES)
    assert not page.is_told_at_once()
    assert not page.is_told_at_once()


def test_with_redis_away_pages_are_answered_as_ever(live: Any, settings: Any) -> None:
    page = live()
    settings.CACHE_URL = "redis://127.0.0.1:1/0"
    forget_absence()
    assert not page.is_told_at_once()


def test_nobody_who_reads_redis_finds_a_session_there(live: Any, redis_url: str) -> None:
    page = live()
    session = page.client.cookies["sessionid"].value.encode()
    with Redis.from_url(redis_url) as redis:
        notes = redis.keys("note:*")
        assert notes
        assert not any(session in name or session in redis.get(name) for name in notes)


# --- time ------------------------------------------------------------------------------------------------------------


def test_what_changes_with_time_alone_is_seen_when_the_note_ends(live: Any, redis_url: str) -> None:
    page = live(path=f"{MACHINES}shop11/")
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=True):
        assert page.is_told_at_once()
        with Redis.from_url(redis_url) as redis:
            redis.delete(*redis.keys("note:*"))
        assert page.poll().status_code == 200


def test_a_page_that_waits_is_not_sent_anew_because_the_same_was_fetched_once_more(
    live: Any, change: Change, redis_url: str
) -> None:
    with time_machine.travel(timezone.now().replace(second=1), tick=True) as clock:
        page = live(path=f"{MACHINES}shop11/")
        page.client.post(MACHINES)
        page.poll()
        clock.move_to(timezone.now().replace(second=58), tick=True)
        page.client.post(MACHINES)
        assert page.poll().status_code == 304
        clock.move_to(timezone.now() + timedelta(seconds=58), tick=True)
        page.client.post(MACHINES)
        assert page.poll().status_code == 200
