"""Worlds to try things on: the same arguments make the same world, relative to the time it begins.

Customer k has number 10000+k: 1 is `services`, 2 is `acme`, the others `c<k>`. Every group of a seeded world has a
key `<group>-demo-key`. Customers 1 and 2 have fourteen months of history (with up to 1,000 machines), others three.
"""

from datetime import datetime
from random import Random

from django.conf import settings
from django.core.management import call_command
from django.db import transaction

from portal.sandbox import clock, events
from portal.sandbox.models import Location, Machine, World
from portal.sandbox.seed import demo, history
from portal.sandbox.seed.customer import Counters, build
from portal.sandbox.seed.plans import plan_for

#: Machines of customers 1 and 2 where nothing else is said.
DEMO_SPLIT = [40, 10]


def seed(split: list[int], number: int, at: datetime) -> None:
    """Replace the world. `split` has the machines of each customer; `number` varies the world."""
    at = at.replace(microsecond=0)
    with transaction.atomic():
        call_command("flush", verbosity=0, interactive=False)
        World.objects.create(pk=1, install_seconds=settings.INSTALL_SECONDS)
        events.schedule_standing(at)
        counters = Counters()
        for index, machines in enumerate(split, start=1):
            random = Random(f"{number}/{index}")  # noqa: S311 (a world, not a secret)
            built = build(plan_for(index), machines, random, counters, at)
            if index == 1:
                demo.dress(built, at)
            history.write(built, random, at, months=_months(index, machines))
        World.objects.update(next_machine=counters.machine, next_user=counters.user)
        _set_capacity()
        history.schedule_review(at)
        clock.set_to(at)
        events.run_due(at)


def evenly(machines: int, customers: int) -> list[int]:
    """Machines spread over customers, the first ones taking what is left over."""
    each, over = divmod(machines, customers)
    return [each + (index < over) for index in range(customers)]


def _months(index: int, machines: int) -> int:
    """How far back the bills go: for most not far, or they would outweigh all else."""
    return 14 if index <= 2 and machines <= 1_000 else 3


def _set_capacity() -> None:
    """Room for growth, but not for everything: fast disk runs out first (api_16)."""
    used = {"cores": 0, "memory": 0, "hdd": 0, "ssd": 0}
    for cores, memory, disk, pool in Machine.objects.values_list("cores", "memory", "disk", "rbd_pool"):
        used["cores"] += cores
        used["memory"] += memory
        used[pool.removeprefix("rbd.")] += disk
    Location.objects.create(
        name="rzob",
        cores=used["cores"] * 2 + 2_000,
        memory=used["memory"] * 2 + 1_000_000,
        hdd=used["hdd"] * 2 + 50_000,
        ssd=used["ssd"] * 2 + 5_000,
    )
