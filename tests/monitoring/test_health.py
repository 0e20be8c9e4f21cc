"""What those who watch over the portal are told, and that nobody else is told anything."""

import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from redis import Redis

from portal.accounts.access import Scope
from portal.accounts.models import ApiKey, Customer
from portal.changes import health
from portal.changes.models import Change, Heartbeat, State
from portal.inventory import counters, reads
from tests.support.services import Sandbox

BOTH = ["/readyz", "/metrics"]


@pytest.fixture
def redis(redis_url: str, settings: Any) -> Iterator[Redis]:
    """One Redis for snapshots and messages; what this process counted before is gone."""
    settings.BROKER_URL = redis_url
    counters._gathered.take()
    with Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def all_well(db: None, redis: Redis) -> None:
    health.beat(health.SWEEPER)
    health.beat(health.FOLLOWER)


@pytest.fixture
def hanging_redis(settings: Any, db: None) -> Iterator[None]:
    """A Redis that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"redis://127.0.0.1:{server.getsockname()[1]}"
        settings.CACHE_URL, settings.BROKER_URL = f"{url}/0", f"{url}/1"
        yield


def away(*args: Any, **kwargs: Any) -> None:
    raise OperationalError("connection to server at db.internal, user portal, failed")


def checks(client: Client) -> dict[str, str]:
    return json.loads(client.get("/readyz").content)["checks"]


def samples(client: Client) -> dict[str, float]:
    """Each line of the metrics that is no comment: name with labels, and value."""
    text = client.get("/metrics").content.decode()
    return {
        name: float(value) for name, _, value in (line.rpartition(" ") for line in text.splitlines() if line[0] != "#")
    }


def queued(**fields: Any) -> Change:
    customer, _ = Customer.objects.get_or_create(number="1", name="One")
    number = 1 + Change.objects.count()
    fields = {"number": number, "turn": number, "token": str(number), "key_group": "one", "key_generation": 1} | fields
    return Change.objects.create(customer=customer, **fields)


def test_the_process_answers_without_anything_behind_it(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


@pytest.mark.parametrize("host", ["10.1.2.3:8000", "web:8000", "[fd00::1]:8000", "no such host", ""])
def test_by_whatever_name_it_is_asked(client: Client, all_well: None, settings: Any, host: str) -> None:
    settings.METRICS_TOKEN = "let-me-see"
    for path in ("/healthz", *BOTH):
        answer = client.get(path, headers={"Host": host, "Authorization": "Bearer let-me-see"})
        assert answer.status_code == 200, path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get("/accounts/login/", headers={"Host": host}).status_code == 400


def test_the_process_answers_whoever_is_signed_in_while_the_database_is_away(
    signed_in: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in("manager")
    with monkeypatch.context() as patch:
        patch.setattr("django.db.backends.utils.CursorWrapper.execute", away)
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 503


def test_everything_works(client: Client, all_well: None) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert json.loads(answer.content) == {
        "ready": True,
        "checks": dict.fromkeys(["database", "cache", "broker", "changes", "sweeper", "follower"], "ok"),
    }


@pytest.mark.parametrize("path", BOTH)
def test_nobody_from_outside_is_told_that_it_is_there(client: Client, db: None, path: str) -> None:
    outside = client.get(path, REMOTE_ADDR="198.51.100.7")
    absent = client.get("/nothing-there", REMOTE_ADDR="198.51.100.7")
    assert outside.status_code == absent.status_code == 404
    token = re.compile(rb'value="\w{64}"')  # of forms: another one each time
    assert token.sub(b"", outside.content) == token.sub(b"", absent.content).replace(b"/nothing-there", path.encode())


@pytest.mark.parametrize("path", BOTH)
def test_what_comes_from_no_address_is_not_near(client: Client, db: None, path: str) -> None:
    assert client.get(path, REMOTE_ADDR="").status_code == 404


@pytest.mark.parametrize("path", BOTH)
@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "Via", "X-Real-Ip"])
def test_what_comes_through_a_proxy_is_not_near(client: Client, db: None, path: str, header: str) -> None:
    assert client.get(path, headers={header: "127.0.0.1"}).status_code == 404


@pytest.mark.parametrize("path", BOTH)
def test_a_token_lets_in_from_anywhere(client: Client, all_well: None, settings: Any, path: str) -> None:
    settings.METRICS_TOKEN = "let-me-see"
    far = {"REMOTE_ADDR": "198.51.100.7"}
    assert client.get(path, headers={"Authorization": "Bearer let-me-see"}, **far).status_code == 200
    for wrong in ("Bearer let-me-se", "Bearer ", "Bearer é", "Basic bGV0"):
        assert client.get(path, headers={"Authorization": wrong}, **far).status_code == 404
    settings.METRICS_TOKEN = ""
    assert client.get(path, headers={"Authorization": "Bearer "}, **far).status_code == 404


@pytest.mark.parametrize("path", BOTH)
def test_the_staff_of_the_portal_is_no_exception(signed_in: Callable[[str], Client], path: str) -> None:
    assert signed_in("staff").get(path, REMOTE_ADDR="198.51.100.7").status_code == 404


@pytest.mark.parametrize("path", ["/healthz", *BOTH])
def test_it_can_only_be_read(client: Client, db: None, path: str) -> None:
    assert client.post(path).status_code == 405


def test_a_redis_that_is_away_is_named(client: Client, all_well: None, settings: Any) -> None:
    settings.BROKER_URL = "redis://127.0.0.1:1/1"
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert json.loads(answer.content)["checks"] | {"broker": "ok"} == dict.fromkeys(checks(client), "ok")
    assert checks(client)["broker"] == "does not answer"


def test_a_redis_that_hangs_holds_nobody_up(client: Client, hanging_redis: None) -> None:
    for path in BOTH:
        started = time.monotonic()
        answer = client.get(path)
        assert time.monotonic() - started < 2.5  # two of them, each asked once
    assert {checks(client)[name] for name in ("cache", "broker")} == {"does not answer"}
    assert 'portal_up{part="cache"} 0' in answer.content.decode()


def test_a_database_that_is_away_is_named(client: Client, all_well: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("django.db.backends.utils.CursorWrapper.execute", away)
        answer, figures = client.get("/readyz"), samples(client)
    assert answer.status_code == 503
    assert b"internal" not in answer.content
    found = json.loads(answer.content)["checks"]
    assert found["database"] == found["sweeper"] == "the database does not answer"
    assert (found["cache"], found["broker"]) == ("ok", "ok")
    assert figures['portal_up{part="database"}'] == 0


def test_a_sweeper_that_stands_still_is_named(client: Client, all_well: None) -> None:
    now = timezone.now()
    Heartbeat.objects.filter(name=health.SWEEPER).update(at=now - timedelta(seconds=90))
    Heartbeat.objects.filter(name=health.FOLLOWER).delete()
    with time_machine.travel(now, tick=False):
        found = checks(client)
    assert (found["sweeper"], found["follower"]) == ("has not run for 90 s", "has never run")


def test_a_change_that_does_not_get_out_is_named(client: Client, all_well: None) -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    queued(state=State.DONE, created=long_ago, done_at=long_ago)
    assert client.get("/readyz").status_code == 200
    queued(created=long_ago)
    assert re.fullmatch(r"the oldest has been on its way for 360\d s", checks(client)["changes"])


def test_what_waits_for_a_person_is_no_alarm(client: Client, all_well: None) -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    queued(state=State.PARKED, created=long_ago)
    queued(state=State.CONFLICT, created=long_ago)
    queued(created=long_ago)  # behind the parked one, with the same key
    assert client.get("/readyz").status_code == 200
    queued(created=long_ago, key_group="other")
    assert client.get("/readyz").status_code == 503


def test_a_part_of_a_plan_is_on_its_way_once_the_one_before_is_recorded(client: Client, all_well: None) -> None:
    now = timezone.now()
    long_ago = now - timedelta(hours=1)
    first = queued(created=long_ago, plan_number=1, state=State.PARKED)
    second = queued(created=long_ago, plan_number=1, key_group="other", state=State.DRAFT)
    assert client.get("/readyz").status_code == 200
    Change.objects.filter(pk=first.pk).update(state=State.DONE, recorded_at=now, done_at=now)
    Change.objects.filter(pk=second.pk).update(state=State.QUEUED)
    assert client.get("/readyz").status_code == 200
    Change.objects.filter(pk=first.pk).update(recorded_at=long_ago)
    assert client.get("/readyz").status_code == 503


def test_figures_about_changes(client: Client, all_well: None, redis: Redis) -> None:
    queued(created=timezone.now() - timedelta(seconds=30))
    queued(state=State.REJECTED, done_at=timezone.now())
    redis.lpush("changes", "one")
    redis.lpush("housekeeping", "two")
    found = samples(client)
    assert (found['portal_changes{state="queued"}'], found['portal_changes{state="rejected"}']) == (1, 1)
    assert found['portal_changes{state="conflict"}'] == 0
    assert 30 <= found["portal_oldest_undone_seconds"] < 40
    assert found["portal_messages"] == 2
    assert found['portal_heartbeat_age_seconds{name="sweeper"}'] < 10
    assert {found[f'portal_up{{part="{part}"}}'] for part in ("database", "cache", "broker")} == {1}


def test_figures_about_calls_and_reads(
    client: Client, all_well: None, sandbox: Sandbox, scope_of: Callable[..., Scope]
) -> None:
    scope = scope_of("manager")
    reads.listing(scope, "virtualmachine")
    reads.listing(scope_of("manager"), "virtualmachine")
    sandbox.control(fault={"kind": "garbage", "method": "query"})
    reads.refresh(scope_of("manager"), "resourcegroup")
    found = samples(client)
    assert found['portal_upstream_calls_total{method="query",outcome="Unreadable"}'] == 1
    calls = found['portal_upstream_calls_total{method="query",outcome="ok"}'] + 1
    assert found['portal_upstream_seconds_count{method="query"}'] == calls
    assert found['portal_upstream_seconds_bucket{method="query",le="+Inf"}'] == calls
    assert 0 < found['portal_upstream_seconds_bucket{method="query",le="60"}'] <= calls
    assert found['portal_upstream_seconds_sum{method="query"}'] > 0
    assert found['portal_reads_total{source="never"}'] >= 1
    assert found['portal_reads_total{source="fresh"}'] >= 1
    assert found['portal_snapshots{type="virtualmachine"}'] == 1
    assert 0 <= found['portal_snapshot_age_seconds{type="virtualmachine",which="oldest"}'] < 60
    assert found['portal_snapshots_failing{type="resourcegroup",reason="unreadable"}'] == 1
    assert found["portal_sealed_alarms_total"] == 0


def test_no_secret_and_no_customer_is_in_the_figures(
    client: Client, all_well: None, sandbox: Sandbox, scope_of: Callable[..., Scope]
) -> None:
    reads.listing(scope_of("manager"), "virtualmachine")
    said = client.get("/metrics").content.decode() + client.get("/readyz").content.decode()
    for secret in ("services", "10001", "example", "127.0.0.1", ApiKey.objects.all()[0].secret()):
        # As a word of its own: a figure may hold any digits.
        assert not re.search(rf"(?<![\w.]){re.escape(secret)}(?!\w)", said)


def test_the_figures_are_in_prometheus_format(client: Client, all_well: None) -> None:
    answer = client.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    line = re.compile(r'[a-z_]+(\{[a-z]+="[^"{}]*"(,[a-z]+="[^"{}]*")*\})? [-+0-9.e]+')
    comment = re.compile(r"# (HELP|TYPE) [a-z_]+ .+")
    for text in answer.content.decode().splitlines():
        assert (comment if text.startswith("#") else line).fullmatch(text), text


def test_counts_survive_a_redis_that_is_away(redis: Redis, settings: Any, redis_url: str) -> None:
    settings.CACHE_URL = "redis://127.0.0.1:1/0"
    counters.count({("reads", "fresh"): 2})
    counters.hand_on()
    settings.CACHE_URL = redis_url
    counters.count({("reads", "fresh"): 1})
    counters.hand_on()
    assert counters.totals() == {("reads", "fresh"): 3}
