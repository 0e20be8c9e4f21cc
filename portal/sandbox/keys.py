"""Access keys: one for a group, kept as a digest only."""

import hashlib
import hmac

from django.conf import settings

from portal.sandbox.models import ResourceGroup


def digest(password: str) -> str:
    """What is stored of a key. Fast on purpose: keys are random, and each call is checked."""
    return hmac.new(settings.SECRET_KEY.encode(), password.encode(), hashlib.sha256).hexdigest()


def authenticate(user: str, password: str) -> ResourceGroup | None:
    """The group that a key belongs to; None alike for a wrong key and for no such group (api_02)."""
    group = ResourceGroup.objects.filter(name=user).exclude(key_digest="").first()
    expected = group.key_digest if group else digest("")
    return group if hmac.compare_digest(digest(password), expected) and group else None


def reset(group: ResourceGroup, password: str) -> None:
    """Give a group a new key; the old one is refused from now on. The call log stays (api_14)."""
    group.key_digest = digest(password)
    group.save(update_fields=["key_digest"])
