"""Database, both Redis servers and the disk."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from portal.inventory.redis_connection import connected
from portal.monitoring.doctor.findings import Finding, failed, fine, some, warning

OLDEST_POSTGRESQL = 140000  # as the server says it: 14
LITTLE = 512 * 2**20  # bytes of disk
NEARLY_FULL = 0.9  # of Redis' memory
EVICTING = "allkeys-"  # of the cache: whatever is used least goes, also what has no time to live
MIB = 2**20


def database() -> Iterator[Finding]:
    """It answers, and is one that production can be run on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    if connection.vendor != "postgresql":
        yield warning("The database is SQLite.", "Set DATABASE_URL to a PostgreSQL server for production.")
        return
    version = connection.pg_version  # type: ignore[attr-defined]
    if version < OLDEST_POSTGRESQL:
        yield failed(f"PostgreSQL {version // 10000} is too old.", "Upgrade the server to PostgreSQL 14 or newer.")
    else:
        yield fine(f"PostgreSQL {version // 10000} answers.")


def migrations() -> Iterator[Finding]:
    """The database is of this release."""
    executor = MigrationExecutor(connection)
    known = executor.loader.graph.nodes
    newer = sorted(f"{app}.{name}" for app, name in executor.loader.applied_migrations if (app, name) not in known)
    ours = [name for name in newer if name.partition(".")[0] in executor.loader.migrated_apps]
    if ours:
        yield failed(f"The database is of a newer release: {some(ours)}.", "Run the release it belongs to.")
    missing = [
        f"{one.app_label}.{one.name}" for one, _back in executor.migration_plan(executor.loader.graph.leaf_nodes())
    ]
    if missing:
        yield failed(f"Migrations are missing: {some(missing)}.", "Run manage.py migrate.")
    if not ours and not missing:
        yield fine("All migrations are applied.")


def cache() -> Iterator[Finding]:
    """The Redis of the platform's answers may forget, and has to once it is full."""
    policy, used, limit = _memory(settings.CACHE_URL)
    if settings.CACHE_URL == settings.BROKER_URL:
        yield failed("CACHE_URL and BROKER_URL are the same.", "Use two Redis servers, or two databases of one.")
    if not limit:
        yield warning("Its memory has no limit.", "Set maxmemory, such as 512mb.")
    elif not policy.startswith(EVICTING):
        yield failed(f"Its policy is {policy}: once full, it takes nothing new.", "Set maxmemory-policy allkeys-lfu.")
    yield fine(f"Answers; {used // MIB} MiB used.")


def broker() -> Iterator[Finding]:
    """The Redis of the messages may not forget any."""
    policy, used, limit = _memory(settings.BROKER_URL)
    if policy != "noeviction":
        yield failed(f"Its policy is {policy}: it may drop messages.", "Set maxmemory-policy noeviction.")
    if limit and used > NEARLY_FULL * limit:
        yield failed(f"{used // MIB} of {limit // MIB} MiB are used.", "Give it more memory, or start more workers.")
    yield fine(f"Answers; {used // MIB} MiB used.")


def disk() -> Iterator[Finding]:
    """There is room where the portal writes."""
    places = {Path(tempfile.gettempdir())}
    if connection.vendor == "sqlite":
        places.add(Path(str(connection.settings_dict["NAME"])).parent)
    for place in sorted(places):
        free = shutil.disk_usage(place).free
        if free < LITTLE:
            yield failed(f"{place} has only {free // MIB} MiB left.", "Make room: nothing can be written soon.")
        else:
            yield fine(f"{place} has {free // MIB} MiB left.")


def _memory(url: str) -> tuple[str, int, int]:
    """Policy, and bytes used and allowed (0: no limit). Raises Away."""
    with connected(url) as redis:
        info = dict(redis.info("memory"))
    return str(info.get("maxmemory_policy", "")), int(info["used_memory"]), int(info.get("maxmemory", 0))
