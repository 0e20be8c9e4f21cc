"""Whatever people, workers, the network and others do, in any order: in the end the platform holds exactly what was
accepted last, nothing was applied twice or lost, and every plan says truly what became of it.

The same courses at every run: each follows from its number.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.http import Http404
from django.utils import timezone

from portal.accounts.access import Scope
from portal.api import Client
from portal.changes import decisions, leases, outcome, perform, settle
from portal.changes.errors import ChangeError
from portal.changes.intent import Intent
from portal.changes.models import WORKABLE, Change
from portal.changes.models import State as Sent
from portal.changes.perform import records_of
from portal.changes.submit import submit
from portal.inventory import reads
from portal.plans import answers, applying, compose, tasks
from portal.plans.errors import PlanError
from portal.plans.models import Entry, Part, Plan, State
from portal.plans.review import Review
from tests.changes.conftest import give_secret, later
from tests.changes.test_crash import Killed, after, before
from tests.plans.conftest import run_all
from tests.support.services import Sandbox

COURSES, STEPS = 5, 60
MACHINE, USER, KEY = "virtualmachine", "serviceuser", "services-demo-key"
WATCHED = {MACHINE: ("disk", "service_description"), USER: ("description",)}
KILLS: tuple[tuple[Any, str, Any], ...] = (
    (perform, "take", after),
    (perform, "look", after),
    (perform, "depart", after),
    (Client, "apply", before),
    (Client, "apply", after),
    (outcome, "recorded", after),
    (settle, "conclude", after),
    (applying, "_parts", after),
    (applying, "_send", after),
    (applying, "_set", after),
)
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "drop_before", "method": "apply"},
    {"kind": "drop_after", "method": "apply"},
    {"kind": "status", "value": 500, "method": "apply"},
    {"kind": "status", "value": 401, "method": "query"},
    {"kind": "drop_before", "method": "query", "times": 3},
    {"kind": "drop_after", "method": "log"},
)


class Course:
    """What happens in one run; `asked` is what people want of a plan's records, said once more and independently."""

    def __init__(self, people: tuple[Scope, ...], platform: Sandbox, seed: int) -> None:
        self.people, self.platform = people, platform
        self.random = Random(seed)
        self.machines = ["shop00", "shop01", "shop02", "shop03"]
        self.users = [f"s-any{seed}x{number}" for number in range(3)]
        self.said = f"{seed}."
        self.count = 0
        self.outside: list[str] = []
        self.asked: dict[tuple[int, str, str], dict[str, Any]] = {}
        with platform.proxy() as proxy:
            self.serial = max((entry["serial"] for entry in proxy.log()), default=0)

    def run(self, monkeypatch: pytest.MonkeyPatch) -> None:
        steps = (
            *(self.puts_in,) * 6, *(self.applies,) * 4, *(self.work,) * 6, *(self.changes_alone,) * 2,
            *(self.somebody_else,) * 3, *(self.answers,) * 3, self.takes_out, self.schedules, self.stops, self.cancels,
            self.puts_away, self.fault, self.fault, self.wrong_key, *(self.right_key,) * 5, *(self.time_passes,) * 2,
            *(lambda: self.is_killed(monkeypatch),) * 4,
        )  # fmt: skip
        for _step in range(STEPS):
            with suppress(PlanError, ChangeError, Http404):
                self.random.choice(steps)()
            self.expect_truth()

    # --- people

    @property
    def somebody(self) -> Scope:
        return self.random.choice(self.people)

    def text(self) -> str:
        self.count += 1
        return f"{self.said}{self.count}"

    def wish(self, who: Scope) -> Intent:
        """Something that a form could ask, by what its page shows."""
        name = self.random.choice(self.machines)
        record = reads.record(who, MACHINE, name)
        if record is None:  # nothing is known: the key was refused
            raise Http404
        seen = {"deletion": record["deletion"]}
        match self.random.randrange(6):
            case 0 | 1:
                disk = max(10, record["disk"] + self.random.choice((-2, -1, 1, 2)))
                return _edit(name, {"disk": disk}, seen | {"disk": record["disk"]})
            case 2:
                fields = {"service_description": self.text()}
                return _edit(name, fields, seen | {"service_description": record["service_description"]})
            case 3:
                deadline = self.random.choice(("2027-03-01", "2027-04-01"))
                return Intent(type_name=MACHINE, key=name, action="delete", wanted={"deadline": deadline})
            case 4:
                return _edit(name, {}, seen)
        uid = self.random.choice(self.users)
        user = reads.record(who, USER, f"shop/{uid}")
        if user is None:
            return Intent(type_name=USER, key=f"shop/{uid}", wanted={"description": self.text()}, creates=True)
        if self.random.random() < 0.4:
            return Intent(type_name=USER, key=user.key, action="delete")
        wanted = {"description": self.text()}
        return Intent(type_name=USER, key=user.key, wanted=wanted, before={"description": user["description"]})

    def puts_in(self) -> None:
        who = self.somebody
        wanted = [self.wish(who) for _each in range(self.random.choice((1, 1, 2)))]
        plan = compose.put_in(who, wanted)
        for one in wanted:
            asked = self.asked.setdefault((plan.pk, one.type_name, one.key), {})
            if one.action == "delete":
                asked.clear()
            asked.update(one.wanted)

    def changes_alone(self) -> None:
        who = self.somebody
        submit(who, [self.wish(who)], self.text())

    def plan(self, *states: State) -> Plan:
        """Any plan in one of these states; Http404 where there is none."""
        plans = list(Plan.objects.filter(state__in=states).select_related("customer").order_by("pk"))
        if not plans:
            raise Http404
        return self.random.choice(plans)

    def applies(self) -> None:
        plan = self.plan(State.OPEN)
        applying.apply(self.somebody, plan, revision=plan.revision)

    def schedules(self) -> None:
        plan = self.plan(State.OPEN)
        applying.apply(self.somebody, plan, revision=plan.revision, not_before=timezone.now() + timedelta(hours=1))

    def stops(self) -> None:
        applying.stop(self.somebody, self.plan(State.SCHEDULED, State.APPLYING))

    def takes_out(self) -> None:
        plan = self.plan(State.OPEN)
        entries = list(plan.entries.filter(change=None).order_by("pk"))
        if entries:
            entry = self.random.choice(entries)
            compose.take_out(self.somebody, plan, [entry.pk])
            self.asked.pop((plan.pk, entry.type_name, entry.key), None)

    def answers(self) -> None:
        plan, who = self.plan(State.OPEN), self.somebody
        for one in Review.of(who, plan).conflicts:
            said = self.random.choice((answers.OURS, answers.THEIRS))
            answers.answer(who, plan, one.entry.pk, {"": said})

    def puts_away(self) -> None:
        if self.random.random() < 0.5:
            compose.put_away(self.somebody, self.plan(State.OPEN))
        else:
            compose.open_again(self.somebody, self.plan(State.CLOSED))

    def cancels(self) -> None:
        changes = list(Change.objects.filter(done_at=None).order_by("turn"))
        if changes:
            decisions.cancel(self.somebody, self.random.choice(changes))

    # --- others, the network, workers

    def somebody_else(self) -> None:
        """By the platform's own API; the portal learns of it now, or later."""
        record: dict[str, Any] = {"__type__": MACHINE, "name": self.random.choice(self.machines)}
        match self.random.randrange(4):
            case 0:
                record |= {"service_description": self.text()}
            case 1:
                record |= {"__action__": "delete", "deadline": "2027-05-01"}
            case 2:
                uid = self.random.choice(self.users)
                record = {"__type__": USER, "resource_group": "shop", "uid": uid, "description": self.text()}
            case 3:
                uid = self.random.choice(self.users)
                record = {"__type__": USER, "resource_group": "shop", "uid": uid, "__action__": "delete"}
        with self.platform.proxy() as proxy, suppress(Exception):  # a fault that was meant for the portal
            proxy.apply([record])
        self.outside.append(_told([record]))
        if self.random.random() < 0.6:
            for name in WATCHED:
                reads.refresh(self.people[0], name)

    def fault(self) -> None:
        self.platform.control(fault=self.random.choice(FAULTS))

    def wrong_key(self) -> None:
        give_secret("wrong")

    def right_key(self) -> None:
        decisions.resume(give_secret(KEY))

    def time_passes(self) -> None:
        later(8)
        leases.expire()
        if self.random.random() < 0.3:
            Plan.objects.filter(state=State.SCHEDULED).update(not_before=timezone.now())

    def work(self) -> None:
        run_all(most=3)
        tasks.advance_all()

    def is_killed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        where, name, when = self.random.choice(KILLS)
        with monkeypatch.context() as patch, suppress(Killed):
            patch.setattr(where, name, when(getattr(where, name)))
            self.work()

    def settle(self) -> None:
        """No faults, a key that works, and time enough."""
        self.platform.control(reset=True)
        for _each in range(30):
            self.right_key()
            later(8)
            leases.expire()
            Plan.objects.filter(state=State.SCHEDULED).update(not_before=timezone.now())
            self.work()
            under_way = Change.objects.filter(done_at=None, state__in=(*WORKABLE, Sent.SENDING, Sent.PARKED))
            if not under_way.exists() and not applying.due():
                return
        raise AssertionError("does not come to an end")

    # --- what is true

    def expect_truth(self) -> None:
        """At any moment: what a plan says is so."""
        parts = list(Part.objects.select_related("change", "plan"))
        for entry in Entry.objects.select_related("change", "plan"):
            sent = [one for one in parts if entry.pk in one.entries]
            taken = [one for one in sent if one.change.recorded_at is not None]
            assert len(taken) <= 1, f"{entry} was accepted twice"
            if entry.change is not None:
                assert [one.change for one in taken] == [entry.change]
                assert _asks(entry) in [_asks(item) for item in entry.change.items.all()]
            else:
                assert entry.plan.state != State.APPLIED
                assert not taken or entry.plan.state == State.APPLYING, f"{entry} is on the platform, {entry.plan} open"
                asked = self.asked.get((entry.plan_id, entry.type_name, entry.key), {})
                assert entry.wanted.items() <= asked.items()  # the later value holds
        for part in parts:
            if part.plan.state in (State.OPEN, State.CLOSED, State.SCHEDULED):
                assert part.is_over, f"{part.plan} is open, and {part.change} may still go out"

    def expect_platform(self) -> None:
        """At the end: what was accepted, once, and nothing else."""
        calls = [_told(json.loads(entry["args"])["args"][0]) for entry in self._log()]
        # A change by itself that is taken back while nobody knows whether it was sent says just that.
        unsure = Change.objects.filter(state=Sent.CANCELLED, plan_number=None).exclude(sent_at=None)
        self.outside += [_told(records_of(_items(change))) for change in unsure]
        accepted = [_told(records_of(_items(change))) for change in Change.objects.exclude(recorded_at=None)]
        by_others = Counter(calls) - Counter(accepted)
        lost, unsaid = Counter(accepted) - Counter(calls), set(by_others) - set(self.outside)
        assert (lost, unsaid) == (Counter(), set()), "said to be accepted and not there, or there and not said"
        held = self._held_by_platform()
        for record, values in _in_turn(json.loads(call) for call in calls).items():
            assert held.get(record) is None if values is None else values.items() <= held[record].items()

    def _log(self) -> list[dict[str, Any]]:
        with self.platform.proxy() as proxy:
            entries = [one for one in proxy.log(self.serial) if one["method"] == "apply" and not one["exception"]]
        return sorted(entries, key=lambda one: int(one["serial"]))

    def _held_by_platform(self) -> dict[tuple[str, str], dict[str, Any]]:
        with self.platform.proxy() as proxy:
            found = [one for name in WATCHED for one in proxy.query(name)]
        for one in found:
            one["deadline"] = one.get("deletion", {}).get("deadline", "")
        return {_record(one): one for one in found}


def _edit(name: str, wanted: dict[str, Any], before: dict[str, Any]) -> Intent:
    return Intent(type_name=MACHINE, key=name, wanted=wanted, before=before)


def _asks(one: Any) -> tuple[Any, ...]:
    return one.type_name, one.key, one.action, one.creates, one.wanted


def _items(change: Change) -> list[Any]:
    return list(change.items.order_by("position"))


def _told(records: list[dict[str, Any]]) -> str:
    return json.dumps([{"__action__": "set"} | one for one in records], sort_keys=True)


def _record(record: dict[str, Any]) -> tuple[str, str]:
    return record["__type__"], record.get("name") or record["uid"]


def _in_turn(calls: Iterable[list[dict[str, Any]]]) -> dict[tuple[str, str], dict[str, Any] | None]:
    """What a platform holds of the watched fields after these calls; None for what is not there any more."""
    held: dict[tuple[str, str], dict[str, Any] | None] = {}
    for one in (record for records in calls for record in records):
        place, kind = _record(one), one["__type__"]
        if one["__action__"] == "delete":
            held[place] = {**(held.get(place) or {}), "deadline": one["deadline"]} if kind == MACHINE else None
            continue
        values = {name: one[name] for name in WATCHED[kind] if name in one}
        held[place] = {**(held.get(place) or {}), **values, **({"deadline": ""} if kind == MACHINE else {})}
    return held


@pytest.mark.parametrize("seed", range(COURSES))
def test_whatever_happens_the_platform_holds_what_was_accepted_and_plans_say_so(
    scope: Scope,
    scope_of: Callable[..., Scope],
    platform: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
) -> None:
    course = Course((scope, scope_of("operator")), platform, seed)
    course.run(monkeypatch)
    course.settle()
    course.expect_truth()
    course.expect_platform()
    assert not Plan.objects.filter(state__in=(State.APPLYING, State.SCHEDULED)).exists()
