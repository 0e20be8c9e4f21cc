"""Permissions for many at once: granted and revoked in each chosen group, or to each chosen service user in its own."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from portal.accounts.access import Scope
from portal.changes.intent import Intent
from portal.customer.resources.many.acts import SAME, Outcome, names
from portal.inventory import reads
from portal.inventory.listings.related import permissions_in
from portal.resources.spec import Record
from portal.resources.types import PERMISSION, RESOURCE_GROUP, SERVICE_USER

HOLDERS = (RESOURCE_GROUP.name, SERVICE_USER.name)  # of these permissions can be granted for many
INHERITED = lazy("inherited: it can be revoked in the group where it was granted")

type Holder = tuple[str, str]
"""In which group, and who."""


def holders(records: Sequence[Record], uids: Sequence[str]) -> list[Holder]:
    """The people in each of the groups; of service users each in its own group, which need no others to be named."""
    if any(record.type.name == SERVICE_USER.name for record in records):
        return [(record.group or "", str(record["uid"])) for record in records]
    return [(record.key, uid) for record in records for uid in uids]


def grants(scope: Scope, found: Sequence[Holder], permissions: Sequence[str]) -> Outcome:
    """What they have there already is left out."""
    own = reads.listing(scope, PERMISSION.name).by_key
    outcome = Outcome()
    for key in _keys(found, permissions):
        if key in own:
            outcome.leave_out(SAME, key)
        else:
            outcome.intents.append(Intent(type_name=PERMISSION.name, key=key, creates=True))
    return outcome


def revocations(scope: Scope, found: Sequence[Holder], permissions: Sequence[str]) -> Outcome:
    """What they do not have there is left out, or have from above."""
    own = reads.listing(scope, PERMISSION.name).by_key
    above = {key for group in {group for group, _uid in found} for key in _inherited(scope, group)}
    outcome = Outcome()
    for key in _keys(found, permissions):
        if key in own:
            outcome.intents.append(Intent(type_name=PERMISSION.name, key=key, action="delete"))
        else:
            outcome.leave_out(INHERITED if key in above else SAME, key)
    return outcome


def replaced(scope: Scope, granted: Sequence[Intent]) -> str:
    """What people lose of what they inherit, since the first permission of their own in a group replaces it (pm_04)."""
    given = {intent.key for intent in granted}
    people = {key.rpartition("/")[0] for key in given}
    groups = sorted({key.partition("/")[0] for key in given})
    lost = [key for group in groups for key in _inherited(scope, group) if key.rpartition("/")[0] in people]
    gone = [key for key in lost if key not in given]
    text = _("Permissions set here replace inherited ones: %(lost)s. Grant these too to keep them.")
    return text % {"lost": names(gone)} if gone else ""


def _keys(found: Sequence[Holder], permissions: Sequence[str]) -> list[str]:
    return [_key(holder, permission) for holder in found for permission in permissions]


def _key(holder: Holder, permission: str) -> str:
    return "/".join((*holder, permission))


def _inherited(scope: Scope, group: str) -> list[str]:
    """Keys that the permissions would have here that hold here because of a group above."""
    held = (one.record for one in permissions_in(scope, group) if one.inherited)
    return [_key((group, str(record["uid"])), str(record["permission"])) for record in held]
