"""What may be a name on the platform: groups, people, service users, e-mail addresses, host names."""

import re

from portal.resources.labels import mark as _

GROUP_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
USER_NAME = re.compile(r"[a-z_][a-z0-9_.-]{0,31}")
EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\".]+(\.[^@\s,;<>\".]+)+")
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
HOSTNAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*", re.IGNORECASE | re.ASCII)


def group_name(text: str) -> str | None:
    """What is wrong with the text as the name of a group (rg_01), or None."""
    if GROUP_NAME.fullmatch(text):
        return None
    return _("Use up to 32 lower-case letters, digits, “-” and “_”, beginning with a letter.")


def user_name(text: str) -> str | None:
    """What is wrong with the text as the login name of a person or service user (pm_03), or None."""
    if USER_NAME.fullmatch(text):
        return None
    return _("Use up to 32 lower-case letters, digits, “-”, “_” and “.”, beginning with a letter.")


def service_user_name(text: str) -> str | None:
    """What is wrong with the text as the uid of a service user (su_02), or None."""
    if not text.startswith("s-") or text[2:3] in ("", "-", "."):
        return _("A service user’s name begins with “s-”, for example s-shop.")
    return user_name(text)


def email_address(text: str) -> str | None:
    """What is wrong with the text as an e-mail address (rg_09), or None."""
    return None if EMAIL.fullmatch(text) else _("Enter a valid email address.")


def host_name(text: str) -> str | None:
    """What is wrong with the text as a host name (api_17), or None."""
    return None if HOSTNAME.fullmatch(text) else _("This is not a host name.")
