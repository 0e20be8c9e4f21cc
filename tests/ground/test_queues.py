"""Each kind of work has a queue of its own, and in compose.yaml somebody who takes from it."""

import gc
import re
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from celery.signals import celeryd_after_setup

from portal.celery import CHANGES, HOUSEKEEPING, MAIL, PAPERS, QUEUES, REFRESH, WEBHOOKS, app
from scripts.environment import ROOT

TASKS = {
    "changes.perform": CHANGES,
    "changes.sweep": CHANGES,
    "plans.advance_all": CHANGES,
    "changes.follow": REFRESH,
    "changes.follow_key": REFRESH,
    "changes.try_refused_keys": REFRESH,
    "changes.try_key": REFRESH,
    "inventory.refresh": REFRESH,
    "billing.make_papers": PAPERS,
    "billing.sweep": PAPERS,
    "notify.send_mails": MAIL,
    "notify.make_digests": MAIL,
    "notify.deliver": WEBHOOKS,
    "notify.deliver_webhooks": WEBHOOKS,
    "notify.deliver_tidy": WEBHOOKS,
    "accounts.note_refused_keys": HOUSEKEEPING,
    "accounts.tidy": HOUSEKEEPING,
    "billing.watch_limits": HOUSEKEEPING,
    "billing.keep": HOUSEKEEPING,
    "console.index": HOUSEKEEPING,
    "console.sample": HOUSEKEEPING,
    "console.end_visits": HOUSEKEEPING,
    "monitoring.echo": HOUSEKEEPING,  # the doctor names the queue
    "notify.look": HOUSEKEEPING,
    "notify.look_around": HOUSEKEEPING,
    "notify.watch_limits": HOUSEKEEPING,
    "notify.forget_old": HOUSEKEEPING,
    "plans.put_away": HOUSEKEEPING,
}
COMPOSE = (ROOT / "compose.yaml").read_text()


def queue_of(task: str) -> str:
    return str(app.amqp.router.route({}, task)["queue"].name)


def test_every_task_has_a_queue_that_somebody_chose(db: None) -> None:
    app.loader.import_default_modules()
    ours = {name for name in app.tasks if not name.startswith("celery.")}
    assert {task: queue_of(task) for task in ours} == TASKS


def test_what_beat_sends_are_tasks() -> None:
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= TASKS.keys()


def test_a_worker_without_names_takes_from_all_queues() -> None:
    assert set(app.amqp.queues) == set(app.amqp.queues.consume_from) == {*QUEUES}


@pytest.fixture
def broker(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[redis.Redis]:
    """One to which messages can be sent."""
    with app.connection_for_write(redis_url) as connection, redis.Redis.from_url(redis_url) as client:
        monkeypatch.setattr(app, "connection_for_write", lambda *_args, **_options: connection)
        yield client


@pytest.mark.parametrize("queue", QUEUES)
def test_a_message_is_in_its_queue_and_in_no_other(broker: redis.Redis, queue: str) -> None:
    task = next(task for task, its_queue in TASKS.items() if its_queue == queue)
    with app.connection_for_write() as connection, connection.SimpleQueue(app.amqp.queues[queue]) as simple:
        app.send_task(task, args=("1",), producer=app.amqp.Producer(simple.channel), retry=False)
        found: Any = {name: broker.llen(name) for name in QUEUES}
    assert found == dict.fromkeys(QUEUES, 0) | {queue: 1}


def test_the_processes_of_a_worker_share_what_is_loaded() -> None:
    already = gc.get_freeze_count()
    try:
        celeryd_after_setup.send(sender="worker@host")
        assert gc.get_freeze_count() > already + 100_000  # objects: Django, the tasks and what they use
    finally:
        gc.unfreeze()


def test_compose_has_one_worker_for_each_queue() -> None:
    taken = [name for names in re.findall(r"--queues (\S+)", COMPOSE) for name in names.split(",")]
    assert sorted(taken) == sorted(QUEUES)


def test_nothing_else_is_done_by_who_passes_changes_on() -> None:
    assert "--queues changes --hostname" in COMPOSE


def test_each_worker_is_asked_by_its_own_name_whether_it_lives() -> None:
    assert re.findall(r"--hostname (\w+)@%h", COMPOSE) == re.findall(r"--destination (\w+)@\$\$HOSTNAME", COMPOSE)
