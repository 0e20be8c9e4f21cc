"""An authenticator app, as far as tests need one."""

from allauth.mfa.totp.internal import auth as totp


def now_shown(secret: str) -> str:
    """The code that the app shows for this secret."""
    (counter,) = totp.yield_hotp_counters_from_time()
    return str(totp.format_hotp_value(totp.hotp_value(secret, counter)))
