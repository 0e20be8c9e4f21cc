"""An authenticator app, as far as tests need one."""

from allauth.mfa import app_settings
from allauth.mfa.totp.internal import auth as totp


def now_shown(secret: str, *, steps: int = 0) -> str:
    """The code that the app shows for this secret, on a phone whose clock is that many steps of 30 seconds ahead."""
    counter = int(totp.time.time()) // app_settings.TOTP_PERIOD + steps
    return str(totp.format_hotp_value(totp.hotp_value(secret, counter)))
