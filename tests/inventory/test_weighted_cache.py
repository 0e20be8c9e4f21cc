"""A cache of a process is bounded, by what its values weigh."""

import pytest

from portal.inventory.listings.derived import REMEMBERED, Index
from portal.inventory.weighted_cache import WeightedCache
from portal.resources.types import TYPES


@pytest.fixture
def cache() -> WeightedCache[str, str]:
    """For ten letters."""
    return WeightedCache(10, len)


def held(cache: WeightedCache[str, str]) -> list[str]:
    return [key for key in ("a", "b", "c") if cache.get(key) is not None]


def test_what_was_not_used_for_longest_goes_first(cache: WeightedCache[str, str]) -> None:
    cache.put("a", "four")
    cache.put("b", "four")
    assert cache.get("a") == "four"
    cache.put("c", "four")
    assert held(cache) == ["a", "c"]


def test_what_takes_another_ones_place_counts_alone(cache: WeightedCache[str, str]) -> None:
    cache.put("a", "ten letters"[:10])
    cache.put("a", "two")
    cache.put("b", "three")
    assert held(cache) == ["a", "b"]


def test_the_last_one_stays_however_much_it_weighs(cache: WeightedCache[str, str]) -> None:
    cache.put("a", "a")
    cache.put("b", "far too many letters")
    assert held(cache) == ["b"]


def test_a_listing_remembers_the_latest_answers_only() -> None:
    index, given, asked = Index(TYPES["virtualmachine"], ()), object(), []
    for number in range(REMEMBERED + 1):
        index.remember(number, given, list)
    for number in (REMEMBERED, 0):
        index.remember(number, given, lambda: asked.append("anew") or [])
    assert asked == ["anew"]
