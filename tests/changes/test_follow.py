"""Following what is pending: one poll per key, often while somebody looks, none when nothing is pending."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from portal.accounts.access import Scope
from portal.changes import follow, install_times, tasks, timing
from portal.changes.decisions import resume
from portal.changes.models import Change, InstallTime, KeyPoll, State
from portal.changes.submit import submit
from portal.inventory import reads, watched_customers
from tests.changes.conftest import MACHINE, edit, growing, item_of, later, new_machine, plain_machine, run, services_key
from tests.support.services import Sandbox


@pytest.fixture
def installing(scope: Scope, platform: Sandbox) -> Change:
    """A machine that is being installed; counts begin after it was asked for. Each time another one."""
    installing.number = getattr(installing, "number", 29) + 1  # type: ignore[attr-defined]
    change = run(submit(scope, [new_machine(f"shop{installing.number}")], "installing"))  # type: ignore[attr-defined]
    platform.control(reset=True)
    return change


def key_id() -> str:
    return str(services_key().pk)


def last_polled(seconds: float) -> None:
    KeyPoll.objects.update_or_create(
        api_key=services_key(), defaults={"polled_at": timezone.now() - timedelta(seconds=seconds), "busy_until": None}
    )


@pytest.fixture
def calm(scope: Scope, platform: Sandbox) -> None:
    """No machine is being installed, and that is known."""
    platform.control(advance=90_000)
    reads.refresh(scope, MACHINE)


def test_with_nothing_pending_nobody_is_asked(scope: Scope, platform: Sandbox) -> None:
    change, _name, _disk = growing(scope, platform)
    assert run(change).is_final
    platform.control(reset=True)
    assert follow.due_keys() == []
    follow.follow(key_id())
    assert platform.calls("query") == 0


def test_a_page_that_is_open_on_nothing_pending_costs_nothing(calm: None, scope: Scope, platform: Sandbox) -> None:
    platform.control(reset=True)
    watched_customers.watch(scope.customer)
    assert follow.due_keys() == []
    follow.follow(key_id())
    assert platform.calls("query") == 0


def test_one_machine_is_asked_for_by_name(installing: Change, platform: Sandbox) -> None:
    assert follow.due_keys() == [key_id()]
    follow.follow(key_id())
    assert platform.calls("query") == 1
    with platform.proxy() as proxy:
        asked = [entry["args"] for entry in proxy.log() if entry["method"] == "query"][-1]
    assert f'{{"name": "{item_of(installing).key}"}}' in asked


def test_any_number_of_machines_is_one_query(scope: Scope, platform: Sandbox) -> None:
    run(submit(scope, [new_machine(f"shop{number}") for number in range(50, 54)], "four"))
    platform.control(reset=True)
    follow.follow(key_id())
    assert platform.calls("query") == 1


def test_all_changes_under_a_key_are_one_poll(scope: Scope, platform: Sandbox) -> None:
    present = plain_machine(platform)
    before = present["cores"]
    for number in (1, 2):
        after = before % 8 + 1
        run(submit(scope, [edit(present["name"], {"cores": before}, {"cores": after})], f"{number}"))
        before = after
    platform.control(reset=True)
    follow.follow(key_id())
    assert platform.calls("query") == 1
    first, second = (item_of(change) for change in Change.objects.all())
    assert first.maintenance == second.maintenance != ""


@pytest.mark.parametrize(("watched", "wait"), [(True, timing.WATCHED_POLL), (False, timing.UNWATCHED_POLL)])
def test_it_is_asked_at_the_pace_of_who_looks(
    installing: Change, scope: Scope, platform: Sandbox, watched: bool, wait: float
) -> None:
    if watched:
        watched_customers.watch(scope.customer)
    last_polled(wait - 0.8)
    assert follow.due_keys() == []
    follow.follow(key_id())
    assert platform.calls("query") == 0
    last_polled(wait + 0.1)
    assert follow.due_keys() == [key_id()]
    follow.follow(key_id())
    assert platform.calls("query") == 1


def test_what_waits_for_tonight_is_not_asked_for_every_second(calm: None, scope: Scope, platform: Sandbox) -> None:
    present = plain_machine(platform)
    run(submit(scope, [edit(present["name"], {"cores": present["cores"]}, {"cores": present["cores"] % 8 + 1})], "t"))
    watched_customers.watch(scope.customer)
    last_polled(timing.WATCHED_POLL + 1)
    assert follow.due_keys() == []
    last_polled(timing.WATCHED_MAINTENANCE_POLL + 1)
    assert follow.due_keys() == [key_id()]


def test_two_workers_poll_once(installing: Change, platform: Sandbox) -> None:
    follow.follow(key_id())
    follow.follow(key_id())
    assert platform.calls("query") == 1


def test_of_two_workers_who_find_a_poll_free_at_once_one_polls(
    installing: Change, platform: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_free = KeyPoll.is_free

    def is_free_to_both(poll: KeyPoll, before: datetime) -> bool:
        monkeypatch.setattr(KeyPoll, "is_free", is_free)
        follow.follow(key_id())
        return is_free(poll, before)

    monkeypatch.setattr(KeyPoll, "is_free", is_free_to_both)
    follow.follow(key_id())
    assert platform.calls("query") == 1


def test_a_key_that_was_taken_away_is_not_polled(installing: Change, platform: Sandbox) -> None:
    key = key_id()
    services_key().delete()
    follow.follow(key)
    assert platform.calls("query") == 0


def test_a_poll_that_is_under_way_keeps_others_away(installing: Change, platform: Sandbox) -> None:
    last_polled(100)
    KeyPoll.objects.update(busy_until=timezone.now() + timedelta(seconds=5))
    assert follow.due_keys() == []
    follow.follow(key_id())
    assert platform.calls("query") == 0


def test_a_platform_that_does_not_answer_is_left_alone_for_a_while(
    installing: Change, scope: Scope, platform: Sandbox
) -> None:
    watched_customers.watch(scope.customer)
    last_polled(100)
    platform.control(fault={"kind": "garbage", "method": "query"})
    follow.follow(key_id())
    installing.refresh_from_db()
    assert installing.state == State.SETTLING
    KeyPoll.objects.update(polled_at=timezone.now() - timedelta(seconds=5))
    assert follow.due_keys() == []
    KeyPoll.objects.update(busy_until=timezone.now())
    assert follow.due_keys() == [key_id()]


def test_a_machine_that_somebody_else_made_is_followed_while_a_page_shows_it(
    calm: None, scope: Scope, platform: Sandbox
) -> None:
    with platform.proxy() as proxy:
        proxy.apply([{"__type__": MACHINE, "name": "shop55", "resource_group": "shop", "location": "rzob"}])
    reads.refresh(scope, MACHINE)
    assert follow.due_keys() == []
    watched_customers.watch(scope.customer)
    assert follow.due_keys() == [key_id()]
    platform.control(advance=60)
    follow.follow(key_id())
    record = reads.record(scope, MACHINE, "shop55")
    assert record is not None
    assert record["needs_install"] is False


def test_what_a_poll_brings_is_on_pages_without_a_query(installing: Change, scope: Scope, platform: Sandbox) -> None:
    reads.listing(scope, MACHINE)
    platform.control(advance=60)
    follow.follow(key_id())
    platform.control(reset=True)
    record = reads.record(scope, MACHINE, item_of(installing).key)
    assert record is not None
    assert record["needs_install"] is False
    assert MACHINE not in platform.control(stats=True)["by_type"]


def test_the_follower_sends_one_message_for_each_key_that_is_due(
    installing: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(tasks.follow_key, "apply_async", lambda args, **options: sent.append(args[0]))
    tasks.follow_all()
    assert sent == [key_id()]


def test_a_key_that_was_taken_away_and_given_again_follows_on(
    installing: Change, scope: Scope, platform: Sandbox
) -> None:
    old = services_key()
    secret = old.secret()
    old.delete()
    assert follow.due_keys() == []
    key = type(old)(customer=scope.customer, resource_group="services")
    key.set_secret(secret)
    key.save()
    resume(key)
    platform.control(advance=60)
    follow.follow(str(key.pk))
    installing.refresh_from_db()
    assert installing.state == State.DONE


def test_who_watched_a_while_ago_watches_no_more(scope: Scope, monkeypatch: pytest.MonkeyPatch) -> None:
    watched_customers.watch(scope.customer)
    assert watched_customers.watched() == {scope.customer.pk}
    now = datetime.now(UTC).timestamp() + watched_customers.WATCHED_FOR + 1
    monkeypatch.setattr("portal.inventory.watched_customers.time.time", lambda: now)
    assert watched_customers.watched() == frozenset()


def test_an_installation_seen_from_beginning_to_end_is_a_measure(installing: Change, platform: Sandbox) -> None:
    assert install_times.usual() is None
    later(90)
    last_polled(31)
    platform.control(advance=60)
    follow.follow(key_id())
    usual = install_times.usual()
    assert usual is not None
    assert 90 <= usual.total_seconds() < 100


def test_an_end_that_nobody_saw_is_no_measure(installing: Change, platform: Sandbox) -> None:
    platform.control(advance=60)
    last_polled(3600)
    follow.follow(key_id())
    installing.refresh_from_db()
    assert installing.state == State.DONE
    assert not InstallTime.objects.exists()


def test_the_usual_time_is_the_median_of_the_latest(db: None) -> None:
    install_times.seed([10_000.0] * 30)
    InstallTime.objects.update(seen_at=timezone.now() - timedelta(days=1))
    install_times.seed([60.0] * 9 + [120.0] * 9 + [90.0, 3600.0])
    assert install_times.usual() == timedelta(seconds=105)
