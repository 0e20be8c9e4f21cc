"""Search over all customers: each kind of thing by each way of writing it."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from portal.accounts.models import ApiKey, Customer, Membership, User
from portal.changes.models import Change
from portal.console import tasks
from portal.console.models import Entry, Term
from portal.console.search import index
from portal.console.search.page import Finder, Hit, RecordHit
from portal.console.search.terms import amount_term, ranges, terms_of
from portal.inventory.snapshots import single_flight
from portal.resources.spec import Record, read
from portal.resources.types import TYPES
from tests.customer.conftest import Browse, browse, part, platform, text_of  # noqa: F401

MACHINE = {
    "__type__": "virtualmachine",
    "name": "web12",
    "resource_group": "shop",
    "service_description": "front end",
    "interfaces": {
        "fe": {"mac": "02:00:00:AB:cd:01", "networks": {"185.105.252.0/24": ["185.105.252.17"]}},
        "srv": {"mac": "02:00:00:ab:cd:02", "networks": {"2a02:238:f030:102::/64": ["2a02:238:f030:102::1012"]}},
    },
}


def record(type_name: str, **values: object) -> Record:
    return read(TYPES[type_name], values)


@pytest.fixture
def indexed(cast: object) -> ApiKey:
    key = ApiKey.objects.get(resource_group="services")
    machine = read(TYPES["virtualmachine"], MACHINE)
    other = read(TYPES["virtualmachine"], MACHINE | {"name": "web121", "interfaces": {}})
    index.replace(key, "virtualmachine", {one.key: one for one in (machine, other)})
    index.replace(key, "resourcegroup", {"shop": record("resourcegroup", name="shop")})
    index.replace(key, "serviceuser", {"shop/s-shop": record("serviceuser", uid="s-shop", resource_group="shop")})
    allowed = record("permission", uid="s-shop", resource_group="shop", permission="stats")
    index.replace(key, "permission", {allowed.key: allowed})
    invoice = record("invoice", consumption_start="2026-10-01", total="1234.5600")
    index.replace(key, "invoice", {invoice.key: invoice})
    return key


@pytest.fixture
def from_elsewhere(cast: dict[str, User]) -> None:
    """A customer and a person whose names are not written in Latin letters alone."""
    customer = Customer.objects.create(number="10003", name="Łódź Почта 日本")
    person = User.objects.create_user("oezge@example.com", name="Özge Öz")
    Membership.objects.create(user=person, customer=customer, role="viewer")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("web12", "web12"),
        ("WEB12", "web12"),
        ("we", "web12"),
        ("185.105.252.17", "web12"),
        ("185.105.252.", "web12"),
        ("185.105.252.0/24", "web12"),
        ("2a02:238:f030:102::1012", "web12"),
        ("2A02:0238:F030:0102:0000:0000:0000:1012", "web12"),
        ("2a02:238:f030::/48", "web12"),
        ("02:00:00:ab:cd:01", "web12"),
        ("02-00-00-AB-CD-01", "web12"),
        ("020000abcd01", "web12"),
        ("0200.00ab.cd01", "web12"),
        ("ab:cd:01", "web12"),
        ("AB-CD-01", "web12"),
        ("abcd01", "web12"),
        ("[2a02:238:f030:102::1012]:443", "web12"),
        ("185.105.252.17/24", "web12"),
        ("185.105.252.17:8080", "web12"),
        ("02:00:00:ab:cd", "web12"),
        ("eb12", "web12"),
        ("s-shop", "s-shop"),
        ("s-shop stats", "s-shop stats"),
        ("shop", "shop"),
        ("1234.56", "2026-10"),
        ("1.234,56 €", "2026-10"),
        ("front web12", "web12"),
        ("web12 services", "web12"),
        ("łódź", "10003 Łódź Почта 日本"),
        ("ŁÓDŹ", "10003 Łódź Почта 日本"),
        ("почта", "10003 Łódź Почта 日本"),
        ("日本", "10003 Łódź Почта 日本"),
        ("ÖZGE", "Özge Öz oezge@example.com"),
        ("özge", "Özge Öz oezge@example.com"),
        ("10001", "10001 Example Services GmbH"),
        ("acme", "10002 Acme AG"),
        ("manager@example.com", "Maren Manager manager@example.com"),
        ("maren", "Maren Manager manager@example.com"),
    ],
)
@pytest.mark.usefixtures("from_elsewhere")
def test_it_is_found_first(indexed: ApiKey, text: str, title: str) -> None:
    assert [hit.title for hit in Finder(text, 5).hits][:1] == [title]


@pytest.mark.parametrize(
    "text", ["185.105.253.17", "185.105.253.0/24", "web13", "%", "_", "'", "::", "/", "02:00:00:ff", "x" * 300]
)
def test_nothing_else_is_found(indexed: ApiKey, text: str) -> None:
    assert Finder(text, 5).hits == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ab-cd-01", "02:00:00:ab:cd:01 · shop · front end"),
        ("[2A02:238:F030:102:0:0:0:1012]", "2a02:238:f030:102::1012 · shop"),
        ("185.105.252.0/24", "185.105.252.17 · shop"),
        ("web12", "shop · front end"),
        ("front", "shop · front end"),
    ],
)
def test_a_hit_shows_what_matched(indexed: ApiKey, text: str, shown: str) -> None:
    assert Finder(text, 5).hits[0].note.startswith(shown)


def test_exactly_so_comes_before_beginning_so(indexed: ApiKey) -> None:
    finder = Finder("web12", 5)
    assert [hit.title for hit in finder.hits] == ["web12", "web121"]
    assert finder.goes_at_once


def test_the_beginning_of_a_word_comes_before_its_middle(indexed: ApiKey) -> None:
    machines = [read(TYPES["virtualmachine"], MACHINE | {"name": name}) for name in ("aweb1", "web1")]
    index.replace(indexed, "virtualmachine", {one.key: one for one in machines})
    assert [hit.title for hit in Finder("web", 5).hits] == ["web1", "aweb1"]


def test_what_has_changed_is_found_anew_and_what_is_gone_is_not(indexed: ApiKey) -> None:
    before = Entry.objects.get(key="web121").pk
    moved = read(TYPES["virtualmachine"], MACHINE | {"name": "web12", "interfaces": {}})
    other = read(TYPES["virtualmachine"], MACHINE | {"name": "web121", "interfaces": {}})
    index.replace(indexed, "virtualmachine", {one.key: one for one in (moved, other)})
    assert Finder("185.105.252.17", 5).hits == []
    assert Entry.objects.get(key="web121").pk == before  # left alone
    index.replace(indexed, "virtualmachine", {})
    assert not Entry.objects.filter(type_name="virtualmachine").exists()
    assert not Term.objects.filter(term="web12").exists()


def test_a_record_that_two_keys_reach_is_found_once(indexed: ApiKey) -> None:
    second = ApiKey(customer=Customer.objects.get(number="10001"), resource_group="shop")
    second.set_secret("x")
    second.save()
    machine = read(TYPES["virtualmachine"], MACHINE)
    index.replace(second, "virtualmachine", {machine.key: machine})
    assert [hit.title for hit in Finder("185.105.252.17", 5).hits] == ["web12"]


def test_a_key_that_is_taken_away_takes_what_it_reached_out_of_the_index(indexed: ApiKey) -> None:
    indexed.delete()
    assert Finder("web12", 5).hits == []


def test_amounts_are_read_as_people_write_them() -> None:
    for text in ("1234.56", "1234.5600", "1,234.56", "1.234,56", "1234,56", "1'234.56 €", "1234.56 EUR"):
        assert amount_term(text) == "1234.56"
    assert amount_term("web12") == ""


def test_a_text_may_mean_several_things() -> None:
    assert ("ip4:b969fc11", "ip4:b969fc11\U0010ffff") in ranges("185.105.252.17")


def test_the_index_follows_the_snapshots(browse: Browse) -> None:  # noqa: F811
    browse("manager").get("/c/10001/virtualmachine/")
    staff = browse("staff")
    assert "No results for" in text_of(part(staff, "/console/?q=shop13"))
    for done in list(single_flight.under_way()):  # what the page has fetched behind it
        done.wait(10)
    assert index.update() >= 1
    hits = part(staff, "/console/?q=shop13")
    assert "shop13" in text_of(hits)
    assert "10001 Example Services GmbH" in text_of(hits)
    assert "/console/c/10001/virtualmachine/shop13/" in hits.content.decode()
    assert index.update() == 0  # nothing has changed since


def test_a_change_is_found_by_its_number_and_that_of_its_customer(cast: dict[str, User]) -> None:
    for number in ("10001", "10002"):
        customer = Customer.objects.get(number=number)
        Change.objects.create(customer=customer, number=12, turn=12, token="t", key_group="services", key_generation=1)
    found = [hit.address for hit in Finder("10002/12", 5).hits]
    assert found == ["/console/c/10002/changes/12/"]
    assert len(Finder("#12", 5).hits) == 2


def test_nothing_is_found_where_nothing_is_asked(cast: dict[str, User]) -> None:
    assert Finder("", 5).hits == []


def test_the_index_goes_on_where_its_time_was_over(browse: Browse, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    for name in ("virtualmachine", "resourcegroup"):
        browse("manager").get(f"/c/10001/{name}/")
    for done in list(single_flight.under_way()):
        done.wait(10)
    monkeypatch.setattr(index, "FOR_AT_MOST", -1.0)
    assert [index.update(), index.update()] == [1, 1]


def test_a_key_that_is_refused_is_not_asked_for_again(cast: dict[str, User], redis_url: str, monkeypatch: Any) -> None:
    ApiKey.objects.exclude(resource_group="services").delete()
    asked: list[str] = []
    monkeypatch.setattr(index.app, "send_task", lambda task, args, **options: asked.append(args[1]))
    index.update()
    assert sorted(asked) == sorted(index.TYPES)
    ApiKey.objects.update(refused_at=timezone.now())
    index.update()
    assert len(asked) == len(index.TYPES)


def test_one_worker_indexes_at_a_time_and_none_while_redis_is_away(
    cast: dict[str, User], redis_url: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []

    def update() -> None:
        begun.append("once")
        if len(begun) == 1:
            tasks.update_index()  # another worker, meanwhile

    monkeypatch.setattr(index, "update", update)
    tasks.update_index()
    assert begun == ["once"]
    settings.CACHE_URL = "redis://127.0.0.1:1/0"
    tasks.update_index()
    assert begun == ["once"]


def test_numbers_of_a_networks_settings_are_no_addresses(cast: dict[str, User]) -> None:
    machine = read(TYPES["virtualmachine"], MACHINE | {"interfaces": {"fe": {"bandwidth": 1000, "mac": None}}})
    assert not any(term.startswith(("ip", "mac")) for term in terms_of(machine))


def test_a_hit_leads_to_the_record(browse: Browse) -> None:  # noqa: F811
    staff: Client = browse("staff")
    answer = staff.get("/console/c/10001/virtualmachine/shop13/")
    assert answer.status_code == 200
    assert "shop13" in text_of(answer)
    assert staff.get("/console/c/10002/virtualmachine/shop13/").status_code == 404
    assert staff.get("/console/c/10001/nothing/shop13/").status_code == 404


@pytest.mark.usefixtures("indexed")
def test_only_what_is_shown_is_put_into_words(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    def tell(hit: RecordHit, text: str) -> Hit:
        told.append(hit.entry.title)
        return Hit(hit.rank, "server", hit.entry.title, "/", text)

    monkeypatch.setattr(RecordHit, "told", tell)
    finder = Finder("web12", 1)
    assert [hit.title for hit in finder.hits] == told == ["web12"]
    assert finder.more == 1


@pytest.mark.usefixtures("indexed")
def test_a_search_asks_as_often_however_many_customers_there_are(
    django_assert_num_queries: Any,
) -> None:
    Customer.objects.bulk_create(Customer(number=str(20000 + one), name=f"Number {one}") for one in range(30))
    with django_assert_num_queries(6):
        assert len(Finder("shop", 5).hits) > 1
