"""What counts as news, what a note is good for, and what is learned without anything being new."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from redis import Redis

from portal.accounts.models import ApiKey
from portal.inventory import news, watched_customers
from portal.inventory.redis_connection import Away, forget_absence
from portal.inventory.snapshots import single_flight, write_through
from portal.inventory.snapshots.current import known
from portal.inventory.snapshots.poll import poll
from portal.inventory.snapshots.snapshot_key import place_of
from portal.resources.types import TYPES
from tests.inventory.conftest import machine
from tests.inventory.platform import Platform
from tests.support import moment

VM = "virtualmachine"
OURS, THEIRS = news.of_customer(1), news.of_customer(2)


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """In which something has been counted before."""
    news.tell([news.of_trail("10002")])
    with Redis.from_url(redis_url) as client:
        yield client


def holds(note: str = "a page") -> bool:
    return news.look(note).holds


def noted(*subjects: str) -> None:
    """A page that was answered with what there is now."""
    news.write("a page", news.look("no page").count, subjects or [OURS])


# --- notes -----------------------------------------------------------------------------------------------------------


def test_a_note_holds_until_there_is_news_of_what_it_names(redis: Redis) -> None:
    assert not holds()
    noted(OURS, news.of_person(7))
    assert holds()
    news.tell([THEIRS])
    assert holds()
    news.tell([THEIRS, news.of_person(7)])
    assert not holds()


def test_one_note_says_nothing_of_another_page(redis: Redis) -> None:
    noted()
    assert not holds("another page")


def test_news_that_come_while_a_page_is_made_are_not_missed(redis: Redis) -> None:
    news.tell([OURS])
    before = news.look("a page").count
    news.tell([OURS])
    news.write("a page", before, [OURS])
    assert not holds()


def test_a_note_ends_by_itself_and_pages_count_as_open_for_longer(redis: Redis) -> None:
    noted()
    shortest, longest = news.LASTS
    (note,) = redis.keys("note:*")
    assert 0 < redis.pttl(note) <= longest * 1000
    assert shortest < longest < watched_customers.WATCHED_FOR


def test_notes_of_a_redis_that_was_emptied_are_worth_nothing(redis: Redis) -> None:
    news.tell([OURS])
    count = news.look("a page").count
    redis.flushall()
    news.write("a page", count, [OURS])
    assert not holds()
    news.write("a page", 0, [OURS])
    assert not holds()


def test_news_are_later_than_all_that_redis_has_forgotten(redis: Redis) -> None:
    news.tell([OURS])
    noted()
    redis.delete("news")
    news.tell([OURS])
    assert not holds()


def test_with_redis_away_nothing_is_held_and_nothing_fails(settings: Any) -> None:
    settings.CACHE_URL = "redis://127.0.0.1:1/0"
    forget_absence()
    news.tell([OURS])
    news.write("a page", 1, [OURS])
    with pytest.raises(Away):
        news.look("a page")


# --- what the platform answers ---------------------------------------------------------------------------------------


@pytest.fixture
def asked(api_key: ApiKey, platform: Platform, redis: Redis) -> Callable[[], None]:
    """Asks the platform for all machines, of which it knew one already."""
    platform.records["services", VM] = [machine("services00")]
    place = place_of(api_key, VM)

    def ask() -> None:
        single_flight.ask(place, api_key, known([place])[place])

    ask()
    noted(news.of_customer(api_key.customer_id))
    assert holds()
    return ask


def test_the_same_once_more_is_no_news(asked: Callable[[], None]) -> None:
    asked()
    assert holds()


def test_other_records_are(asked: Callable[[], None], platform: Platform) -> None:
    platform.records["services", VM] = [machine("services00", cores=3)]
    asked()
    assert not holds()


def test_the_same_is_news_where_it_had_become_old(asked: Callable[[], None]) -> None:
    with time_machine.travel(moment.AT.timestamp() + 3600 + TYPES[VM].fresh_for):
        asked()
    assert not holds()


def test_that_it_does_not_answer_is_news_once_and_that_it_does_again(
    asked: Callable[[], None], api_key: ApiKey, platform: Platform, settings: Any
) -> None:
    ours = news.of_customer(api_key.customer_id)
    url, settings.API_URL = settings.API_URL, "http://127.0.0.1:9/v1"
    asked()
    assert not holds()
    noted(ours)
    asked()
    assert holds()
    settings.API_URL = url
    asked()
    assert not holds()


def test_a_key_that_is_refused_is_news(asked: Callable[[], None], platform: Platform) -> None:
    platform.keys.clear()
    asked()
    assert not holds()


def test_what_a_change_brought_is_news(asked: Callable[[], None], api_key: ApiKey) -> None:
    write_through.patch(api_key, VM, [machine("services00", cores=3)])
    assert not holds()


def test_a_machine_that_is_followed_is_news_when_it_is_another(
    asked: Callable[[], None], api_key: ApiKey, platform: Platform
) -> None:
    place, ours = place_of(api_key, VM), news.of_customer(api_key.customer_id)
    for cores, is_news in ((None, False), (3, True), (3, False), (None, True)):
        known([place])  # as the follower looks before it asks, of several one after the other
        poll(api_key, VM, {"name": "services00"})
        noted(ours)
        platform.records["services", VM] = [machine("services00", **({"cores": cores} if cores else {}))]
        poll(api_key, VM, {"name": "services00"})
        assert holds() is not is_news, cores


def test_what_is_followed_by_a_process_that_does_not_know_the_latest_counts_as_news(
    asked: Callable[[], None], api_key: ApiKey, fresh_process: Callable[[], None]
) -> None:
    fresh_process()
    write_through.patch(api_key, VM, [machine("services00")])
    assert not holds()


def test_that_a_refresh_takes_back_what_was_laid_over_is_news(
    asked: Callable[[], None], api_key: ApiKey, platform: Platform
) -> None:
    write_through.patch(api_key, VM, [machine("services00", cores=3)])
    noted(news.of_customer(api_key.customer_id))
    asked()
    assert not holds()
