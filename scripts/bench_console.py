"""`python -m scripts.bench_console`: how long the search over all customers takes, with 500 customers and 100,000
machines in the index of a database of its own (DATABASE_URL, else a file that is removed). Prints medians."""

import os
import statistics
import tempfile
import time
from pathlib import Path

CUSTOMERS, MACHINES_EACH = 500, 200
QUERIES = (
    "w",
    "web",
    "web12",
    "c77web12",
    "10.7.0.",
    "10.77.0.12",
    "10.77.0.0/24",
    "02:00:4d",
    "c77",
    "10077",
    "manager77@",
    "front c77web12",
)
TIMES = 15


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{Path(directory) / 'bench.sqlite3'}")
        os.environ |= {"DJANGO_SETTINGS_MODULE": "portal.settings", "DEBUG": os.environ.get("DEBUG", "1")}
        import django

        django.setup()
        _fill()
        _measure()


def _fill() -> None:
    from django.core.management import call_command

    from portal.accounts.models import ApiKey
    from portal.console import index
    from portal.resources.spec import read
    from portal.resources.types import TYPES

    call_command("migrate", verbosity=0)
    call_command("seed_demo", customers=CUSTOMERS, verbosity=0)
    began = time.monotonic()
    for position, key in enumerate(ApiKey.objects.order_by("pk")):
        machines = [read(TYPES["virtualmachine"], _machine(position, number)) for number in range(MACHINES_EACH)]
        index.replace(key, "virtualmachine", {one.key: one for one in machines})
    print(f"indexed {CUSTOMERS * MACHINES_EACH} machines in {time.monotonic() - began:.0f} s")


def _machine(customer: int, number: int) -> dict[str, object]:
    place = f"{customer % 250}.{customer // 250}.{number}"
    mac = f"02:00:{customer // 256:02x}:{customer % 256:02x}:00:{number:02x}"
    networks = {"10.0.0.0/8": [f"10.{place}"], "2001:db8::/32": [f"2001:db8:{customer:x}::{number:x}"]}
    return {
        "name": f"c{customer}web{number:02d}",
        "resource_group": f"c{customer}",
        "service_description": ("front end", "database", "worker")[number % 3],
        "interfaces": {"srv": {"mac": mac, "networks": networks}},
    }


def _measure() -> None:
    from portal.console.find import Finder

    for text in QUERIES:
        took = []
        for _ in range(TIMES):
            began = time.perf_counter()
            hits = Finder(text, 10).hits
            took.append(1000 * (time.perf_counter() - began))
        print(f"{text:20} {statistics.median(took):6.1f} ms (slowest {max(took):.1f}), {len(hits)} hits shown")


if __name__ == "__main__":
    main()
