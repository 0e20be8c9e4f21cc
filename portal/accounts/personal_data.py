"""Where a person belongs, how and where they sign in, and what they have done."""

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.db.models import Q

from portal.accounts.models import AuditEntry, Draft, Invitation, Membership
from portal.accounts.people.personal_data import Kept, register, theirs

register(
    Kept("memberships", Membership, theirs, ("customer__number", "customer__name", "role", "group")),
    Kept(
        "invitations",
        Invitation,
        lambda user: Q(email=user.email),
        ("customer__number", "role", "group", "created", "expires", "ended", "how_ended"),
    ),
    Kept("sessions", UserSession, theirs, ("ip", "user_agent", "created_at", "last_seen_at")),
    Kept("two_factor", Authenticator, theirs, ("type", "created_at", "last_used_at")),
    Kept("single_sign_on", SocialAccount, theirs, ("provider", "uid", "date_joined", "last_login")),
    Kept("unsent_forms", Draft, theirs, ("path", "kept")),
    Kept(
        "audit_trail",
        AuditEntry,
        lambda user: Q(actor_id=user.pk) | Q(target=user.email),
        ("chain", "at", "action", "address", "target"),
    ),
)
