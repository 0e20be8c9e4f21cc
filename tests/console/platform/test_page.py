"""The platform page: each key's day, who works for us, and what stands behind a number."""

from typing import Any

import pytest
from django.test import Client
from redis import Redis

from portal.accounts.access import get_scope
from portal.accounts.models import ApiKey, User
from portal.api import Call
from portal.changes.intent import Intent
from portal.changes.submit import submit
from portal.console.models import KeySample, Sample
from portal.console.platform.metric_samples import grown, take
from portal.inventory import counters, presence, redis_connection
from portal.inventory.platform import circuit_breaker
from portal.inventory.snapshots import freshness
from tests.customer.conftest import Browse, browse, platform, text_of  # noqa: F401


@pytest.fixture
def staff(browse: Browse) -> Client:  # noqa: F811
    take()  # from here on growth is known
    return browse("staff")


def called(outcome: str = "ok", times: int = 1, group: str = "services") -> None:
    for _ in range(times):
        counters.observe(Call("query", "virtualmachine", group, 0.25, outcome, 0))


def test_of_each_key_it_is_noted_what_was_done_with_it_in_the_minute(staff: Client) -> None:
    called(times=3)
    called("NotReachable")
    take()
    sample = KeySample.objects.get()
    assert (sample.group, sample.calls, sample.failed, sample.seconds) == ("services", 4, 1, 1.0)
    take()
    assert KeySample.objects.count() == 1  # nothing was done since
    called(times=2, group="acme")
    take()
    assert list(KeySample.objects.values_list("group", "calls")) == [("services", 4), ("acme", 2)]


def test_counts_that_begin_anew_are_noted_from_nothing(staff: Client) -> None:
    called(times=5)
    take()
    with redis_connection.connected() as redis:
        redis.delete("counters")
    called(times=2)
    take()
    assert list(KeySample.objects.values_list("calls", flat=True)) == [5, 2]


def test_a_keys_page_says_how_its_day_went(staff: Client, settings: Any) -> None:
    settings.API_BUDGET = 3
    called(times=4)
    called("Unreadable")
    take()
    text = text_of(staff.get("/console/platform/keys/services/"))
    for said in ("Busiest minute 5 of 3", "Calls 5", "Failed 1", "250 ms", "Platform calls on", "Resource groups"):
        assert said in text, said
    assert 'href="/console/platform/keys/services/"' in staff.get("/console/platform/").content.decode()


def test_reads_are_counted_by_key(staff: Client) -> None:
    customer = ApiKey.objects.get(resource_group="services").customer
    freshness.parts_of(customer, ["resourcegroup"], wait=True)
    freshness.parts_of(customer, ["resourcegroup"], wait=True)
    counters.hand_on()
    take()
    sample = KeySample.objects.get(group="services")
    assert (sample.reads, sample.hits) == (2, 1)
    assert "Cache hit rate 50 %" in text_of(staff.get("/console/platform/keys/services/"))


def test_the_breaker_is_shown_with_every_key_and_reset_by_staff(staff: Client) -> None:
    for _ in range(5):
        circuit_breaker.observe(Call("query", "", "services", 0.1, "NotReachable", 0))
    assert "off (circuit breaker) since" in text_of(staff.get("/console/platform/keys/services/"))
    assert "Circuit breaker: open" in text_of(staff.get("/console/platform/"))
    assert "Circuit breaker: closed" in text_of(staff.post("/console/platform/reset", follow=True))
    circuit_breaker.check()


def test_workers_that_say_so_are_alive(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Workers 0" in text_of(staff.get("/console/platform/"))
    presence.note("worker", "celery@one")
    presence.note("worker", "celery@two")
    assert "Workers 2 celery@one, celery@two" in text_of(staff.get("/console/platform/"))
    monkeypatch.setattr(presence, "ALIVE_FOR", -1.0)
    assert presence.alive("worker") == []


def test_without_redis_the_page_says_so(staff: Client, settings: Any) -> None:
    settings.CACHE_URL = settings.BROKER_URL = "redis://127.0.0.1:1/0"
    redis_connection.forget_absence()
    assert "Redis does not answer" in text_of(staff.get("/console/platform/"))
    assert staff.get("/console/platform/keys/services/").status_code == 200
    assert staff.post("/console/platform/reset").status_code == 302


def test_with_a_broker_that_is_full_it_shows_what_is_known(staff: Client, redis_url: str, settings: Any) -> None:
    settings.BROKER_URL = redis_url
    with Redis.from_url(redis_url) as client:
        client.config_set("maxmemory", 1)
        try:
            answer = staff.get("/console/platform/")
            take()
        finally:
            client.config_set("maxmemory", 0)
    assert answer.status_code == 200
    assert Sample.objects.exists()


@pytest.mark.parametrize(
    ("before", "after", "by"),
    [({"calls": 2}, {"calls": 5}, 3), ({"calls": 5}, {"calls": 2}, None), ({}, {"calls": 2}, None)],
    ids=["grew", "began anew", "was not known"],
)
def test_a_count_has_grown_by_as_much_as_is_known(before: Any, after: Any, by: int | None) -> None:
    assert grown("calls", before, after) == by


def test_with_redis_away_nothing_is_noted_of_keys(db: None, settings: Any) -> None:
    settings.CACHE_URL = "redis://127.0.0.1:1/0"
    take()
    assert not KeySample.objects.exists()


def test_states_of_changes_are_told_in_words(staff: Client, cast: dict[str, User]) -> None:
    wanted = Intent(type_name="virtualmachine", key="shop13", wanted={"cores": 7}, before={"cores": 3})
    submit(get_scope(cast["manager"], "10001"), [wanted], "1")
    assert "Changes: Queued 1" in text_of(staff.get("/console/platform/"))
