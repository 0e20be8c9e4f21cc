"""Whatever Redis answers, nobody sees a record that is not theirs, and it does not go unnoticed."""

from collections.abc import Callable, Iterator

import pytest
from redis import Redis

from portal.accounts.access import Scope
from portal.accounts.models import ApiKey, Customer
from portal.inventory import reads
from portal.inventory.reads import Source
from portal.inventory.snapshots import store, write_through
from portal.inventory.snapshots.current import known
from portal.inventory.snapshots.snapshot import learn
from portal.inventory.snapshots.snapshot_key import SnapshotKey, place_of
from tests.inventory.conftest import add_key, machine, scope_of
from tests.inventory.platform import Platform

VM = "virtualmachine"


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def other(db: None, platform: Platform) -> ApiKey:
    """The key of another customer."""
    platform.keys["acme"] = "acme-key"
    platform.records["acme", VM] = [machine("acme00", "acme")]
    return add_key(Customer.objects.create(number="10002", name="Acme"), "acme", "acme-key")


@pytest.fixture(autouse=True)
def both_known(scope: Scope, other: ApiKey, platform: Platform, redis_url: str) -> None:
    platform.records["services", VM] = [machine("services00")]
    reads.listing(scope, VM)
    reads.listing(scope_of(other.customer), VM)
    store.Alarms.count = 0


def names(scope: Scope) -> list[str]:
    return [record.key for record in reads.listing(scope_of(scope.customer), VM).records]


def number_of(redis: Redis, place: SnapshotKey) -> bytes:
    return redis.get(place.cache_key("head")).partition(b"|")[0]


def test_swapped_values_of_two_customers_open_for_neither(
    scope: Scope, other: ApiKey, api_key: ApiKey, redis: Redis, platform: Platform, fresh_process: Callable[[], None]
) -> None:
    mine, theirs = place_of(api_key, VM), place_of(other, VM)
    my_body = mine.cache_key("body:" + number_of(redis, mine).decode())
    their_body = theirs.cache_key("body:" + number_of(redis, theirs).decode())
    for ours, foreign in ((mine.cache_key("head"), theirs.cache_key("head")), (my_body, their_body)):
        one, another = redis.get(ours), redis.get(foreign)
        redis.set(ours, another)
        redis.set(foreign, one)
    fresh_process()

    assert names(scope) == ["services00"]
    assert names(scope_of(other.customer)) == ["acme00"]
    assert store.Alarms.count > 0
    assert platform.count(VM) == 4  # both were misses


def test_the_body_of_another_customer_under_my_number_is_a_miss(
    scope: Scope, other: ApiKey, api_key: ApiKey, redis: Redis, platform: Platform, fresh_process: Callable[[], None]
) -> None:
    mine, theirs = place_of(api_key, VM), place_of(other, VM)
    number = number_of(redis, mine)
    foreign = redis.get(theirs.cache_key("body:" + number_of(redis, theirs).decode()))
    redis.set(mine.cache_key("body:" + number.decode()), number + b"|" + foreign.partition(b"|")[2])
    fresh_process()

    assert names(scope) == ["services00"]
    assert store.Alarms.count > 0
    assert platform.count(VM, "services") == 2


def test_a_body_of_another_type_does_not_open(
    scope: Scope, api_key: ApiKey, redis: Redis, fresh_process: Callable[[], None]
) -> None:
    groups, machines = place_of(api_key, "resourcegroup"), place_of(api_key, VM)
    redis.set(machines.cache_key("head"), redis.get(groups.cache_key("head")))
    fresh_process()
    assert names(scope) == ["services00"]
    assert store.Alarms.count > 0


def test_a_replayed_older_body_does_not_pass_for_the_present_one(
    scope: Scope, api_key: ApiKey, redis: Redis, platform: Platform, fresh_process: Callable[[], None]
) -> None:
    place = place_of(api_key, VM)
    old = redis.get(place.cache_key("body:" + number_of(redis, place).decode()))
    platform.records["services", VM] = [machine("services01")]
    reads.refresh(scope, VM)
    redis.set(place.cache_key("body:" + number_of(redis, place).decode()), old)
    fresh_process()
    assert names(scope) == ["services01"]


def test_an_overlay_of_another_customer_is_left_out(
    scope: Scope, other: ApiKey, api_key: ApiKey, redis: Redis, fresh_process: Callable[[], None]
) -> None:
    write_through.patch(other, VM, [machine("acme01", "acme")])
    mine, theirs = place_of(api_key, VM), place_of(other, VM)
    redis.hset(mine.cache_key("overlay"), mapping=redis.hgetall(theirs.cache_key("overlay")))
    redis.set(mine.cache_key("mark"), b"changed")

    assert names(scope) == ["services00"]
    assert store.Alarms.count > 0


def test_the_snapshot_of_an_earlier_generation_does_not_open(
    scope: Scope, api_key: ApiKey, redis: Redis, platform: Platform, fresh_process: Callable[[], None]
) -> None:
    before = place_of(api_key, VM)
    platform.keys["services"] = "new"
    platform.records["services", VM] = []
    api_key.set_secret("new")
    api_key.save()
    after = place_of(api_key, VM)
    number = number_of(redis, before).decode()
    for part in ("head", f"body:{number}"):
        redis.set(after.cache_key(part), redis.get(before.cache_key(part)))
    fresh_process()
    assert names(scope) == []
    assert store.Alarms.count > 0


@pytest.mark.parametrize(
    "damage",
    [
        lambda value: value[:-1],
        lambda value: value[:-1] + bytes([value[-1] ^ 1]),
        lambda value: b"9" + value,
        lambda value: b"",
        lambda value: b"|",
        lambda value: b"not a snapshot at all",
        lambda value: b"1" * 5000 + b"|",
    ],
)
@pytest.mark.parametrize("part", ["head", "body"])
def test_a_damaged_value_is_a_miss_and_an_alarm(
    scope: Scope,
    api_key: ApiKey,
    redis: Redis,
    part: str,
    damage: Callable[[bytes], bytes],
    fresh_process: Callable[[], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    place = place_of(api_key, VM)
    name = place.cache_key(part if part == "head" else "body:" + number_of(redis, place).decode())
    redis.set(name, damage(redis.get(name)))
    fresh_process()

    listing = reads.listing(scope, VM)
    assert [record.key for record in listing.records] == ["services00"]
    assert listing.source is Source.FRESH
    assert store.Alarms.count > 0
    assert [record.levelname for record in caplog.records if "not sealed" in record.message]


def test_a_clock_that_is_out_of_all_bounds_is_not_followed(api_key: ApiKey, redis: Redis) -> None:
    place = place_of(api_key, VM)
    redis.set(place.cache_key("clock"), 10**18)
    assert abs(store.next_number(place) - store.own_number()) < 60 * 1_000_000
    assert store.Alarms.count == 1


def test_what_is_laid_over_and_cannot_be_read_leaves_the_record_as_it_was(scope: Scope, api_key: ApiKey) -> None:
    snapshot = known([place_of(api_key, VM)])[place_of(api_key, VM)].snapshot
    assert snapshot is not None
    later = learn(snapshot, {"services00": (snapshot.head.number + 1, {"written": "otherwise"})})
    assert later.records == snapshot.records


def test_nothing_of_a_record_can_be_read_in_redis(redis: Redis, scope: Scope) -> None:
    values = b"".join(redis.get(name) for name in redis.keys("snapshot:*:head") + redis.keys("snapshot:*:body:*"))
    assert values
    assert b"services00" not in values
