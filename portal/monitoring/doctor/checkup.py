"""All checks, and what they find: one that cannot be carried out says so and stops no other."""

import logging
from collections.abc import Collection, Iterator

from django.db import Error as DatabaseError

from portal.inventory.redis_connection import Away
from portal.monitoring.doctor import going_on, inside, outside, storage
from portal.monitoring.doctor.findings import Check, Finding, Result, failed, unknown

CHECKS = (
    Check("database", "Database", storage.database),
    Check("migrations", "Migrations", storage.migrations),
    Check("cache", "Redis of the platform’s answers", storage.cache),
    Check("broker", "Redis of the messages", storage.broker),
    Check("queues", "Queues", going_on.queues),
    Check("workers", "Workers", going_on.workers),
    Check("web", "Web servers", going_on.web),
    Check("scheduler", "Scheduler", going_on.scheduler),
    Check("changes", "Changes", going_on.changes),
    Check("keys", "API keys", outside.keys),
    Check("platform", "Platform", outside.platform),
    Check("mail", "Mail", outside.mail),
    Check("proxies", "Proxies", outside.proxies),
    Check("papers", "PDFs", inside.papers),
    Check("audit", "Audit trail", inside.audit),
    Check("disk", "Disk", storage.disk),
)
OF_REDIS = frozenset({"cache", "broker"})  # for these it is a failure that it is away, for others something unknown

logger = logging.getLogger(__name__)


def run(only: Collection[str] = ()) -> Iterator[Result]:
    """One after the other; all, or those of these ids."""
    for check in CHECKS:
        if not only or check.id in only:
            yield Result(check.id, check.title, tuple(_found(check)))


def _found(check: Check) -> Iterator[Finding]:
    try:
        yield from check.ask()
    except Away:
        if check.id in OF_REDIS:
            yield failed("Does not answer.", f"See {check.id.upper()}_URL, and whether it runs.")
        else:
            yield unknown("Redis does not answer: nothing can be said.")
    except DatabaseError as error:
        if check.id == "database":
            yield failed(f"Does not answer: {_first_line(error)}", "See DATABASE_URL, and whether it runs.")
        else:
            yield unknown("The database does not answer as it should: nothing can be said.")
    except Exception as error:
        logger.exception("check %s", check.id)
        yield failed(f"Could not be checked: {type(error).__name__}.", "The log has the details; please report it.")


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
