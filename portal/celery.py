"""The Celery application. A message is a nudge that carries an id; the truth is a row in the database."""

import gc
import os
from typing import Any

from celery import Celery
from celery.signals import celeryd_after_setup
from django.conf import settings
from kombu import Exchange, Queue

from portal.broker.celery_settings import celery_settings
from portal.logs import messages  # noqa: F401 - has itself told of each message
from portal.observability import processes  # noqa: F401 - and of each process

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

# Seconds a task may take: one and a half of a call's deadline (portal.changes.timing).
HARD_LIMIT = round(settings.API_TIMEOUTS["deadline"] * 1.5)
# One queue for each kind of work: a burst of one holds up no other where each has a worker of its own (compose.yaml).
# A worker that is given no names takes from all of them.
CHANGES, REFRESH, PAPERS = "changes", "refresh", "papers"
MAIL, WEBHOOKS = "mail", "webhooks"
HOUSEKEEPING = "housekeeping"
QUEUES = (CHANGES, REFRESH, PAPERS, MAIL, WEBHOOKS, HOUSEKEEPING)

app = Celery("portal")
app.conf.update(
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    # A broker whose memory is full refuses, which is no lost connection: without this, the worker ends for good.
    broker_channel_error_retry=True,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    task_acks_late=True,
    task_reject_on_worker_lost=False,
    worker_prefetch_multiplier=1,
    # Hard limits only: a soft one interrupts redis-py in mid-reply.
    task_time_limit=HARD_LIMIT,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    # Publishing must not hold up a request when the broker is away: the sweeper finds the row anyway.
    task_publish_retry=False,
    timezone="UTC",
    task_queues=[Queue(name, Exchange(name), name) for name in QUEUES],
    task_default_queue=HOUSEKEEPING,
    # The first that fits.
    task_routes={
        "changes.follow*": {"queue": REFRESH},
        "changes.try*": {"queue": REFRESH},
        "changes.*": {"queue": CHANGES},
        "plans.advance_all": {"queue": CHANGES},
        "inventory.*": {"queue": REFRESH},
        "billing.make_papers": {"queue": PAPERS},
        "billing.sweep": {"queue": PAPERS},
        "notify.send_mails": {"queue": MAIL},
        "notify.make_digests": {"queue": MAIL},
        "notify.deliver*": {"queue": WEBHOOKS},
    },
    # What has to go on by itself. A message that was not taken in time is followed by the next one.
    beat_schedule={
        "sweep": {"task": "changes.sweep", "schedule": 3.0, "options": {"expires": 3}},
        "advance_plans": {"task": "plans.advance_all", "schedule": 1.0, "options": {"expires": 10}},
        "put_away_plans": {"task": "plans.put_away", "schedule": 3600.0, "options": {"expires": 3600}},
        "try_refused_keys": {"task": "changes.try_refused_keys", "schedule": 60.0, "options": {"expires": 60}},
        "note_refused_keys": {"task": "accounts.note_refused_keys", "schedule": 30.0, "options": {"expires": 30}},
        "tidy": {"task": "accounts.tidy", "schedule": 3600.0, "options": {"expires": 3600}},
        "index": {"task": "console.index", "schedule": 5.0, "options": {"expires": 5}},
        "sample": {"task": "console.sample", "schedule": 60.0, "options": {"expires": 60}},
        "end_visits": {"task": "console.end_visits", "schedule": 60.0, "options": {"expires": 60}},
        "sweep_papers": {"task": "billing.sweep", "schedule": 5.0, "options": {"expires": 5}},
        "watch_limits": {"task": "billing.watch_limits", "schedule": 60.0, "options": {"expires": 60}},
        "keep": {"task": "billing.keep", "schedule": 120.0, "options": {"expires": 120}},
        "deliver_webhooks": {"task": "notify.deliver_webhooks", "schedule": 2.0, "options": {"expires": 2}},
        "tidy_webhooks": {"task": "notify.deliver_tidy", "schedule": 3600.0, "options": {"expires": 3600}},
        "send_mails": {"task": "notify.send_mails", "schedule": 5.0, "options": {"expires": 5}},
        "make_digests": {"task": "notify.make_digests", "schedule": 60.0, "options": {"expires": 60}},
        "look": {"task": "notify.look", "schedule": 5.0, "options": {"expires": 5}},
        "look_around": {"task": "notify.look_around", "schedule": 40.0, "options": {"expires": 40}},
        "watch_near_limits": {"task": "notify.watch_limits", "schedule": 300.0, "options": {"expires": 300}},
        "forget_notices": {"task": "notify.forget_old", "schedule": 3600.0, "options": {"expires": 3600}},
        "follow": {"task": "changes.follow", "schedule": 0.5, "options": {"expires": 1}},
    },
)
app.conf.update(celery_settings(settings.BROKER_URL))
WITH_TASKS = (
    "accounts",
    "inventory",
    "changes",
    "plans",
    "billing",
    "notify",
    "notify.mail",
    "notify.webhooks",
    "monitoring",
    "console",
)
app.autodiscover_tasks([f"portal.{name}" for name in WITH_TASKS])


@celeryd_after_setup.connect
def share_what_is_loaded(**_signal: Any) -> None:
    """Before a worker starts its processes: what is there by now stays, and they share it instead of copying it.

    Four of them take half of the memory. They never look through it for garbage either, as in `portal.wsgi`.
    """
    gc.collect()
    gc.freeze()
