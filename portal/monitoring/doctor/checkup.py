"""All checks, and what they find: one that cannot be carried out says so and stops no other."""

import logging
from collections.abc import Collection, Iterator

from django.db import Error as DatabaseError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from portal.inventory.redis_connection import Away
from portal.monitoring.doctor import going_on, inside, outside, storage
from portal.monitoring.doctor.findings import Check, Finding, Result, failed, unknown

CHECKS = (
    Check("settings", lazy("Settings"), inside.environment),
    Check("database", lazy("Database"), storage.database),
    Check("migrations", lazy("Migrations"), storage.migrations),
    Check("cache", lazy("Redis of the platform’s answers"), storage.cache),
    Check("broker", lazy("Messages to the workers"), storage.broker),
    Check("queues", lazy("Queues"), going_on.queues),
    Check("workers", lazy("Workers"), going_on.workers),
    Check("web", lazy("Web servers"), going_on.web),
    Check("scheduler", lazy("Scheduler"), going_on.scheduler),
    Check("changes", lazy("Changes"), going_on.changes),
    Check("keys", lazy("API keys"), outside.keys),
    Check("platform", lazy("Platform"), outside.platform),
    Check("mail", lazy("Mail"), outside.mail),
    Check("proxies", lazy("Proxies"), outside.proxies),
    Check("papers", lazy("PDFs"), inside.papers),
    Check("audit", lazy("Audit trail"), inside.audit),
    Check("disk", lazy("Disk"), storage.disk),
    Check("backups", lazy("Backups"), storage.backups),
)
# For these it is a failure that their server is away, for others something unknown.
OF_SERVERS = frozenset({"cache", "broker"})

logger = logging.getLogger(__name__)


def run(only: Collection[str] = ()) -> Iterator[Result]:
    """One after the other; all, or those of these ids."""
    for check in CHECKS:
        if not only or check.id in only:
            yield Result(check.id, str(check.title), tuple(_found(check)))


def _found(check: Check) -> Iterator[Finding]:
    try:
        yield from check.ask()
    except Away:
        if check.id in OF_SERVERS:
            yield _away(f"{check.id.upper()}_URL")
        else:
            yield unknown(_("Redis does not answer: nothing can be said."))
    except DatabaseError as error:
        if check.id == "database":
            yield _away("DATABASE_URL", _first_line(error))
        else:
            yield unknown(_("The database does not answer as it should: nothing can be said."))
    except Exception as error:
        logger.exception("check %s", check.id)
        text = _("Could not be checked: %(error)s.") % {"error": type(error).__name__}
        yield failed(text, _("The log has the details; please report it."))


def _away(setting: str, error: str = "") -> Finding:
    text = _("Does not answer: %(error)s") % {"error": error} if error else _("Does not answer.")
    return failed(text, _("See %(setting)s, and whether it runs.") % {"setting": setting})


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
