"""What the audit trail's actions are called, for people. `audit.record` takes any of these and nothing else."""

import re

from django.utils.translation import gettext_lazy as _

ACTIONS = {
    "sign_in.done": _("Signed in"),
    "sign_in.refused": _("Sign-in failed"),
    "sign_in.held_off": _("Sign-in blocked after too many attempts"),
    "sign_out": _("Signed out"),
    "session.ended": _("Session ended"),
    "password.changed": _("Password changed"),
    "name.changed": _("Name changed"),
    "second_factor.added": _("Two-factor method added"),
    "second_factor.removed": _("Two-factor method removed"),
    "second_factor.renewed": _("Recovery codes replaced"),
    "second_factor.reset": _("Two-factor reset by an administrator"),
    "second_factor.used": _("Two-factor passed"),
    "second_factor.refused": _("Two-factor failed"),
    "single_sign_on.connected": _("Single sign-on connected"),
    "single_sign_on.disconnected": _("Single sign-on disconnected"),
    "personal_data.exported": _("Personal data downloaded"),
    "person.removed": _("Person removed from the audit trail"),
    "trail.forgotten": _("Old entries of the audit trail deleted"),
    "retention.applied": _("Old records deleted"),
    "backup.made": _("Backup made"),
    "backup.restored": _("Portal restored from a backup"),
    "backup.tried": _("Restore of a backup tried"),
    "release.upgraded": _("Upgraded to another release"),
    "refused": _("Access denied"),
    "invitation.sent": _("Invited"),
    "invitation.withdrawn": _("Invitation revoked"),
    "invitation.accepted": _("Invitation accepted"),
    "member.changed": _("Role changed"),
    "member.removed": _("Member removed"),
    "member.left": _("Member left"),
    "customer.changed": _("Customer settings changed"),
    "key.connected": _("API key connected"),
    "key.replaced": _("API key replaced"),
    "key.removed": _("API key removed"),
    "key.refused": _("API key rejected by the platform"),
    "change.submitted": _("Change submitted"),
    "change.cancelled": _("Change cancelled"),
    "change.retried": _("Change retried"),
    "change.looked_up": _("Change checked on the platform"),
    "change.overwritten": _("Conflict: applied anyway"),
    "plan.begun": _("Plan created"),
    "plan.chosen": _("Plan chosen for further changes"),
    "plan.edited": _("Plan edited"),
    "plan.described": _("Plan renamed or note edited"),
    "plan.answered": _("Plan conflict resolved"),
    "plan.commented": _("Plan commented on"),
    "plan.review_requested": _("Plan review requested"),
    "plan.approved": _("Plan approved"),
    "plan.objected": _("Plan: changes requested"),
    "plan.applied": _("Plan applied"),
    "plan.scheduled": _("Plan scheduled"),
    "plan.stopped": _("Plan stopped"),
    "plan.not_sent": _("Scheduled plan not applied"),
    "plan.closed": _("Plan closed"),
    "plan.reopened": _("Plan reopened"),
    "calendar.added": _("Calendar subscription created"),
    "calendar.renewed": _("Calendar address renewed"),
    "calendar.removed": _("Calendar subscription removed"),
    "webhook.added": _("Webhook added"),
    "webhook.changed": _("Webhook changed"),
    "webhook.renewed": _("Webhook secret renewed"),
    "webhook.revealed": _("Webhook secret shown"),
    "webhook.tested": _("Webhook test event sent"),
    "webhook.switched_on": _("Webhook activated"),
    "webhook.switched_off": _("Webhook turned off"),
    "webhook.removed": _("Webhook removed"),
    "webhook.resent": _("Webhook events sent again"),
    "notifications.changed": _("Notification settings changed"),
    "exported": _("Exported"),
    "printed": _("Printed"),
    "threshold.set": _("Budget set"),
    "threshold.removed": _("Budget removed"),
    "threshold.passed": _("Budget exceeded"),
    "staff.viewed": _("Viewed by support staff"),
    "staff.took_write": _("Editing enabled by support staff"),
    "staff.left": _("View by support staff ended"),
    "note.removed": _("Note removed"),
    "platform.reset": _("Platform calls turned on again"),
    "announcement.made": _("Announcement published"),
    "announcement.ended": _("Announcement ended"),
    "staff.changed": _("Staff role changed"),
}
KINDS = {
    "sign": _("Sign-in and sign-out"),
    "second_factor": _("Two-factor"),
    "member": _("Members and invitations"),
    "key": _("API keys"),
    "change": _("Changes"),
    "plan": _("Plans"),
    "refused": _("Access denied"),
    "export": _("Exports and printing"),
    "calendar": _("Calendar subscriptions"),
    "notifications": _("Notifications"),
    "threshold": _("Budgets"),
    "webhook": _("Webhooks"),
    "staff": _("Support staff"),
}
# Which actions a kind gathers, by how they begin.
KIND_OF = {
    "sign": ("sign_", "session.", "password.", "name.", "single_sign_on."),
    "second_factor": ("second_factor.",),
    "member": ("member.", "invitation.", "customer.", "person."),
    "key": ("key.",),
    "change": ("change.",),
    "plan": ("plan.",),
    "refused": ("refused", "sign_in.refused", "sign_in.held_off", "second_factor.refused", "key.refused"),
    "export": ("exported", "printed", "personal_data."),
    "calendar": ("calendar.",),
    "notifications": ("notifications.",),
    "threshold": ("threshold.",),
    "webhook": ("webhook.",),
    "staff": ("staff.",),
}
# Who was removed (accounts.audit.redaction): with a colon, which neither addresses nor names of records have.
REMOVED = "removed:"


def label(action: str) -> str:
    """The action in words; itself where it is from a newer version."""
    return str(ACTIONS.get(action, action))


def pseudonym(pk: int) -> str:
    """What entries have in place of a person who was removed."""
    return f"{REMOVED}{pk}"


def person(text: str) -> str:
    """Somebody as entries have them, in words: who was removed has a number."""
    told = _("Removed person %(number)s")
    return re.sub(rf"{REMOVED}(\d+)", lambda found: str(told) % {"number": found[1]}, text)
