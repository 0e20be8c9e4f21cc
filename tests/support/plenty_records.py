"""What is on the platform of `tests.support.plenty`: all of it in the group `shop` or in those below it, `part0` and so
on. Whatever can be related to the machine `shop00`, to its group, or to another of the first of their type, is."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from tests.billing.records import invoice, use
from tests.inventory.conftest import group, machine, maintenance
from tests.inventory.platform import Raw

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)  # by the platform's clock, whatever ours says
GONE = "shop99"  # a machine that was deleted


def key_group(k: int) -> str:
    """The group of a key: the first reaches everything, the others one of the groups below."""
    return f"part{k}" if k else "shop"


def month(k: int) -> str:
    """The period so many months before November 2026."""
    year, number = divmod(2026 * 12 + 10 - k, 12)
    return f"{year}-{number + 1:02}-01"


def of(count: int) -> dict[tuple[str, str], list[Raw]]:
    """By the user that asks and the type."""
    every = range(count)
    found: dict[tuple[str, str], list[Raw]] = {}
    for k in every:
        found[f"part{k}", "resourcegroup"] = [group(f"part{k}", "shop")]
        found[f"part{k}", "virtualmachine"] = [machine(f"part{k}00", f"part{k}")]
    for one in (group("shop"), *(one for k in every for one in _records(k, count))):
        found.setdefault(("shop", one["__type__"]), []).append(one)
    return found


def no_longer_listed(k: int) -> tuple[Raw, Raw]:
    """Of a year before."""
    return _invoice(12 + k, 1), use("virtualmachine", "shop00", {"hours": 700}, month(12 + k))


def _records(k: int, count: int) -> Iterator[Raw]:
    every = range(count)
    below, machines = [f"part{one}" for one in every], [f"shop0{one}" for one in every]
    yield group(f"part{k}", "shop")
    yield machine(f"part{k}00", f"part{k}")
    yield machine(f"shop0{k}", "shop")
    yield machine(f"shop1{k}", "shop", needs_install=True, creation_date=_moment(-1))
    yield machine(f"shop2{k}", "shop", deletion={"deadline": "2026-11-27", "stages": ["prepare"]})
    reach = {"resource_groups_recursive": below, "virtual_machines": machines if k == 0 else ["shop00"]}
    yield {"__type__": "serviceuser", "resource_group": "shop", "uid": f"s-shop{k}", **reach}
    for place, who in (("shop", f"ada{k}"), (f"part{k}", "ada0"), (f"part{k}", "s-shop0")):
        yield {"__type__": "permission", "resource_group": place, "uid": who, "permission": "login"}
    activities = [{"kind": "reboot", "comment": f"Activity {one}"} for one in every]
    yield maintenance(f"shop0{k}", _moment(-1), _moment(1), active=True, comment=f"Now {k}")
    yield maintenance("shop00", _moment(24 * (k + 1)), _moment(24 * (k + 1) + 1), activities=activities)
    yield maintenance(f"shop2{k}", _moment(-48), _moment(-47))
    yield use("virtualmachine", f"shop0{k}", {"hours": 500}, month(0))
    yield use("virtualmachine", "shop00", {"hours": 700}, month(k + 1))
    yield use("traffic", f"part{k}", {"traffic": 10**9}, month(0))
    yield _invoice(k, count)


def _invoice(k: int, items: int) -> Raw:
    return invoice(month(k), [(f"shop0{one}: 2 cores", "1.0000") for one in range(items)], f"{items}.0000")


def _moment(hours: int) -> str:
    return (NOW + timedelta(hours=hours)).isoformat()
