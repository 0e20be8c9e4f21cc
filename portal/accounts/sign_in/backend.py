"""Who is signed in, together with what they belong to: one database query for each request."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from portal.accounts.access import memberships_with_user
from portal.accounts.models import User


class Backend(AuthenticationBackend):
    def get_user(self, user_id: Any) -> User | None:
        memberships = memberships_with_user(user_id)
        if not memberships:
            return super().get_user(user_id)
        user = memberships[0].user
        user.memberships_at_hand = memberships
        return user if self.user_can_authenticate(user) else None
