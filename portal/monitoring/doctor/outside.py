"""What is asked elsewhere: the platform by each key, its clock, the mail server, the proxies in front."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import mailers
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from portal.accounts import checks
from portal.accounts.keys.sealing import Broken
from portal.accounts.models import ApiKey
from portal.inventory.platform.clients import KeyProblem, ping
from portal.monitoring.doctor.findings import Finding, failed, fine, some, warning

MOST_KEYS = 50  # of which each is asked; of more, so many of them
APART = timedelta(seconds=30)  # that clocks may differ
SMTP = "django.core.mail.backends.smtp.EmailBackend"


def keys() -> Iterator[Finding]:
    """What is sealed can be opened: the ring has all keys that it was sealed with."""
    broken = []
    for key in ApiKey.objects.order_by("resource_group"):
        try:
            key.secret()
        except Broken:
            broken.append(key.resource_group)
    if broken:
        todo = _("Put the key that they were sealed with back into CREDENTIAL_KEYS, at its end; or enter new API keys.")
        yield failed(_("API keys that cannot be opened: %(groups)s.") % {"groups": some(broken)}, todo)
    else:
        yield fine(_("All API keys can be opened."))


def platform() -> Iterator[Finding]:
    """It answers, by each key, and its clock is ours."""
    found = list(ApiKey.objects.order_by("?")[:MOST_KEYS])
    if not found:
        yield warning(_("No API key is connected."), _("Connect a resource group on a customer’s page “API keys”."))
        return
    problems: dict[str, list[str]] = {}
    answers = 0
    apart = timedelta()
    for key in found:
        try:
            at = ping(key)
        except KeyProblem as problem:
            problems.setdefault(problem.reason, []).append(key.resource_group)
        except Broken:
            continue  # told by `keys`
        else:
            answers += 1
            apart = max(apart, _apart(at), key=abs)
    for reason, groups in problems.items():
        yield failed(str(WORDS[reason]) % {"groups": some(groups)}, str(TODO[reason]))
    if answers:
        words = {"address": settings.API_URL, "answers": answers, "keys": len(found)}
        yield fine(_("%(address)s answers to %(answers)s of %(keys)s keys.") % words)
        if abs(apart) > APART:
            text = _("Its clock is %(seconds)s s from ours.") % {"seconds": round(abs(apart.total_seconds()))}
            yield failed(text, _("Have this machine’s clock set by NTP."))


def mail() -> Iterator[Finding]:
    """The server takes a connection."""
    if settings.MAILERS["default"]["BACKEND"] != SMTP:
        yield warning(_("Mail goes to the log."), _("Set SMTP_HOST."))
        return
    try:
        with mailers.default:
            pass
    except (OSError, SMTPException) as error:
        text = _("%(host)s does not answer: %(error)s.") % {"host": settings.SMTP_HOST, "error": error}
        yield failed(text, _("See SMTP_HOST, SMTP_PORT and the network."))
    else:
        yield fine(_("%(host)s answers.") % {"host": settings.SMTP_HOST})


def proxies() -> Iterator[Finding]:
    """Addresses of people are their own."""
    wrong = checks.proxies(None)
    yield from (failed(found.msg, found.hint or "") for found in wrong)
    if not settings.HTTPS:
        yield warning(_("The site is not served by HTTPS."), _("Put a proxy in front that speaks it, and set HTTPS=1."))
    elif not wrong:
        yield fine(_("Proxies in front: %(count)s.") % {"count": settings.TRUSTED_PROXIES})


WORDS = {
    "unreachable": lazy("Does not answer, asked by: %(groups)s."),
    "refused": lazy("Refuses the keys of: %(groups)s."),
    "unreadable": lazy("Cannot be understood, asked by: %(groups)s."),
    "fault": lazy("Answers with a fault, asked by: %(groups)s."),
}
TODO = {
    "unreachable": lazy("See API_URL, and the network from here to there."),
    "refused": lazy("Managers enter new keys on the page “API keys”."),
    "unreadable": lazy("See whether API_URL is the platform’s API, and no proxy’s page."),
    "fault": lazy("Ask the platform’s staff, with the log at hand."),
}


def _apart(at: datetime | None) -> timedelta:
    return timedelta() if at is None else at - timezone.now()
