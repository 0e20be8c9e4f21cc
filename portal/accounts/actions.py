"""What the audit trail's actions are called, for people. `audit.record` takes any of these and nothing else."""

from django.utils.translation import gettext_lazy as _

ACTIONS = {
    "sign_in.done": _("Signed in"),
    "sign_in.refused": _("Sign-in refused"),
    "sign_in.held_off": _("Sign-in held off after too many attempts"),
    "sign_out": _("Signed out"),
    "session.ended": _("Session ended"),
    "password.changed": _("Password changed"),
    "name.changed": _("Name changed"),
    "second_factor.added": _("Second factor added"),
    "second_factor.removed": _("Second factor removed"),
    "second_factor.renewed": _("Recovery codes renewed"),
    "second_factor.reset": _("Two-factor reset by an administrator"),
    "second_factor.used": _("Second factor given"),
    "second_factor.refused": _("Second factor refused"),
    "single_sign_on.connected": _("Single sign-on connected"),
    "single_sign_on.disconnected": _("Single sign-on disconnected"),
    "refused": _("Refused: not part of the role"),
    "invitation.sent": _("Invited"),
    "invitation.withdrawn": _("Invitation withdrawn"),
    "invitation.accepted": _("Invitation accepted"),
    "member.changed": _("Role changed"),
    "member.removed": _("Member removed"),
    "member.left": _("Member left"),
    "customer.changed": _("Customer's settings changed"),
    "key.connected": _("API key connected"),
    "key.replaced": _("API key replaced"),
    "key.removed": _("API key removed"),
    "key.refused": _("API key refused by the platform"),
    "change.submitted": _("Change submitted"),
    "change.cancelled": _("Change taken back"),
    "change.retried": _("Change asked for again"),
    "change.looked_up": _("Change looked up on the platform"),
    "change.overwritten": _("Conflict: overwritten"),
    "exported": _("Exported"),
    "printed": _("Printed"),
    "threshold.set": _("Limit of costs set"),
    "threshold.removed": _("Limit of costs removed"),
    "threshold.passed": _("Limit of costs passed"),
    "staff.viewed": _("Viewed by support staff"),
    "staff.took_write": _("Write access taken by support staff"),
    "staff.left": _("Support staff stopped viewing"),
    "note.removed": _("Note removed"),
    "platform.reset": _("Stopped calls to the platform let through again"),
    "announcement.made": _("Announcement made"),
    "announcement.ended": _("Announcement ended"),
    "staff.changed": _("Staff role changed"),
}
KINDS = {
    "sign": _("Signing in and out"),
    "second_factor": _("Second factors"),
    "member": _("Members and invitations"),
    "key": _("API keys"),
    "change": _("Changes"),
    "refused": _("Refusals"),
    "export": _("Exports and prints"),
    "threshold": _("Limits of costs"),
    "staff": _("Support staff"),
}
# Which actions a kind gathers, by how they begin.
KIND_OF = {
    "sign": ("sign_", "session.", "password.", "name.", "single_sign_on."),
    "second_factor": ("second_factor.",),
    "member": ("member.", "invitation.", "customer."),
    "key": ("key.",),
    "change": ("change.",),
    "refused": ("refused", "sign_in.refused", "sign_in.held_off", "second_factor.refused", "key.refused"),
    "export": ("exported", "printed"),
    "threshold": ("threshold.",),
    "staff": ("staff.",),
}


def label(action: str) -> str:
    """The action in words; itself where it is from a newer version."""
    return str(ACTIONS.get(action, action))
