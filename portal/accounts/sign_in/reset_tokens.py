"""Links to set a new password: good for as long as PASSWORD_RESET_TIMEOUT says, by time that has really passed.

Django counts by the clock on the wall: an hour too many or too few in the nights in which that changes. allauth finds
this by its name in the settings and imports it halfway through `allauth.account.forms`: nothing else may import it.
"""

from datetime import UTC, datetime

from allauth.account.forms import EmailAwarePasswordResetTokenGenerator
from django.conf import settings
from django.utils.http import base36_to_int


class ResetTokens(EmailAwarePasswordResetTokenGenerator):
    """Django's, in UTC."""

    def _now(self) -> datetime:
        return datetime.now(UTC).replace(tzinfo=None)

    def is_too_old(self, token: str) -> bool:
        """Whether its time is over, going by what it says itself: not whether it was ever good."""
        try:
            made = base36_to_int(token.partition("-")[0])
        except ValueError:
            return False
        return bool(self._num_seconds(self._now()) - made > settings.PASSWORD_RESET_TIMEOUT)
