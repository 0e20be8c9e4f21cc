"""The one table of what people hear of: who hears of it, how bad it is, and where they hear of it by themselves.

Settings page, help, webhooks and noting are made from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.accounts.roles import CHANGES, KEYS, PEOPLE, THRESHOLDS, WEBHOOKS, Verb


class Channel(TextChoices):
    """Where a person hears of something."""

    BELL = "bell", _("In the portal")
    MAIL = "mail", _("Email at once")
    DIGEST = "digest", _("Daily summary")


class Severity(StrEnum):
    """How bad it is."""

    INFO = "info"
    WARNING = "warning"
    DANGER = "danger"


class Section(TextChoices):
    """Under which heading kinds stand together."""

    CHANGES = "changes", _("Changes")
    MAINTENANCE = "maintenance", _("Maintenance")
    DELETION = "deletion", _("Deletion")
    MONEY = "money", _("Invoices and budgets")
    PLATFORM = "platform", _("Platform")
    SECURITY = "security", _("Security")


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of occurrence. Who may do `verb` with things of kind `about`, within their group, hears of it.

    `own`: of those only who asked for it. `placed`: it happens in a group; who is limited to another one does not hear
    of it. `always`: channels that nobody can turn off.
    """

    name: str
    section: Section
    label: str | Promise
    severity: Severity
    about: str
    verb: Verb = Verb.SEE
    own: bool = False
    placed: bool = True
    channels: frozenset[Channel] = frozenset({Channel.BELL})
    always: frozenset[Channel] = frozenset()


BELL, MAIL, DIGEST = Channel.BELL, Channel.MAIL, Channel.DIGEST
_MAILED = frozenset({BELL, MAIL})
MACHINES, GROUPS, MAINTENANCES, INVOICES = "virtualmachine", "resourcegroup", "maintenance", "invoice"

_ALL = (
    Kind("change.done", Section.CHANGES, _("Change done"), Severity.INFO, CHANGES, own=True),
    Kind(
        "change.rejected",
        Section.CHANGES,
        _("Change rejected"),
        Severity.WARNING,
        CHANGES,
        own=True,
        channels=_MAILED,
    ),
    Kind(
        "change.conflict",
        Section.CHANGES,
        _("Change in conflict"),
        Severity.WARNING,
        CHANGES,
        own=True,
        channels=_MAILED,
    ),
    Kind(
        "change.parked",
        Section.CHANGES,
        _("Change waits for an API key"),
        Severity.WARNING,
        CHANGES,
        own=True,
        channels=_MAILED,
    ),
    Kind("machine.ready", Section.CHANGES, _("Machine ready"), Severity.INFO, MACHINES, Verb.CHANGE),
    Kind(
        "maintenance.announced",
        Section.MAINTENANCE,
        _("Maintenance announced"),
        Severity.INFO,
        MAINTENANCES,
        channels=_MAILED,
    ),
    Kind(
        "maintenance.moved",
        Section.MAINTENANCE,
        _("Maintenance moved"),
        Severity.WARNING,
        MAINTENANCES,
        channels=_MAILED,
    ),
    Kind(
        "maintenance.cancelled",
        Section.MAINTENANCE,
        _("Maintenance cancelled"),
        Severity.INFO,
        MAINTENANCES,
        channels=_MAILED,
    ),
    Kind("maintenance.begun", Section.MAINTENANCE, _("Maintenance started"), Severity.INFO, MAINTENANCES),
    Kind("maintenance.ended", Section.MAINTENANCE, _("Maintenance finished"), Severity.INFO, MAINTENANCES),
    Kind(
        "mode.ending",
        Section.MAINTENANCE,
        _("Maintenance mode ends soon"),
        Severity.INFO,
        GROUPS,
        Verb.CHANGE,
    ),
    Kind(
        "deletion.soon",
        Section.DELETION,
        _("Machine shuts down for deletion in five days"),
        Severity.WARNING,
        MACHINES,
        channels=_MAILED,
    ),
    Kind(
        "deletion.imminent",
        Section.DELETION,
        _("Machine shuts down for deletion in a day"),
        Severity.DANGER,
        MACHINES,
        channels=_MAILED,
        always=_MAILED,
    ),
    Kind(
        "deletion.stage",
        Section.DELETION,
        _("Stage of a deletion reached"),
        Severity.WARNING,
        MACHINES,
        channels=_MAILED,
    ),
    Kind("invoice.new", Section.MONEY, _("New invoice"), Severity.INFO, INVOICES, channels=_MAILED),
    Kind(
        "invoice.higher",
        Section.MONEY,
        _("Invoice much higher than the last one"),
        Severity.WARNING,
        INVOICES,
        channels=_MAILED,
    ),
    Kind(
        "limit.near",
        Section.MONEY,
        _("Budget almost reached"),
        Severity.WARNING,
        THRESHOLDS,
        channels=_MAILED,
    ),
    Kind(
        "limit.passed",
        Section.MONEY,
        _("Budget exceeded"),
        Severity.DANGER,
        THRESHOLDS,
        channels=_MAILED,
    ),
    Kind(
        "platform.unreachable",
        Section.PLATFORM,
        _("Platform not reachable for 15 minutes"),
        Severity.WARNING,
        CHANGES,
        Verb.CHANGE,
        placed=False,
        channels=_MAILED,
    ),
    Kind(
        "platform.back",
        Section.PLATFORM,
        _("Platform reachable again"),
        Severity.INFO,
        CHANGES,
        Verb.CHANGE,
        placed=False,
        channels=_MAILED,
    ),
    Kind(
        "webhook.off",
        Section.PLATFORM,
        _("Webhook turned off after failed deliveries"),
        Severity.WARNING,
        WEBHOOKS,
        channels=_MAILED,
    ),
    Kind(
        "key.refused",
        Section.SECURITY,
        _("API key rejected"),
        Severity.DANGER,
        KEYS,
        channels=_MAILED,
        always=_MAILED,
    ),
    Kind(
        "invitation.accepted",
        Section.SECURITY,
        _("Invitation accepted"),
        Severity.INFO,
        PEOPLE,
        channels=_MAILED,
        always=_MAILED,
    ),
    Kind(
        "member.changed",
        Section.SECURITY,
        _("Role changed"),
        Severity.WARNING,
        PEOPLE,
        channels=_MAILED,
        always=_MAILED,
    ),
    Kind(
        "factor.removed",
        Section.SECURITY,
        _("Two-factor method removed"),
        Severity.WARNING,
        PEOPLE,
        channels=_MAILED,
        always=_MAILED,
    ),
    Kind(
        "support.viewed",
        Section.SECURITY,
        _("Support staff viewed the portal as a member"),
        Severity.WARNING,
        PEOPLE,
        channels=_MAILED,
        always=_MAILED,
    ),
)
KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _ALL}
OF_ONESELF = frozenset({"member.changed", "factor.removed"})  # whoever it is about hears of it, whatever their role
