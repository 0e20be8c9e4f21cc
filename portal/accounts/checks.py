"""What is likely to be wrong with how the portal is set up: `manage.py check`, `migrate` and each web server say it."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.utils.translation import gettext as _

from portal.environment import names
from portal.environment.names import Mistaken

TAG = "surroundings"


def connect() -> None:
    """Has Django ask them."""
    checks.register(proxies, TAG)
    checks.register(mistaken_names, TAG)


def proxies(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Served by HTTPS means that a proxy is in front."""
    if not settings.HTTPS or settings.TRUSTED_PROXIES:
        return []
    return [
        checks.Warning(
            _("HTTPS says that a proxy is in front, TRUSTED_PROXIES that there is none: all have the proxy’s address."),
            hint=_(
                "Set TRUSTED_PROXIES to the number of your own proxies that append to X-Forwarded-For, usually 1. "
                "Until then ten wrong passwords of one person lock out all, and the audit trail names the proxy."
            ),
            id="portal.W001",
        )
    ]


def mistaken_names(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Variables of the environment that have no effect, or an earlier name."""
    hint = _("docs/settings.md names all settings.")
    return [checks.Warning(_sentence(one), hint=hint, id="portal.W002") for one in names.mistaken()]


def _sentence(one: Mistaken) -> str:
    """What is the matter with a name."""
    words = {"name": one.name, "meant": one.meant}
    if one.is_read:
        return _("%(name)s is now called %(meant)s: rename it.") % words
    return _("%(name)s is not a setting of the portal, and has no effect: %(meant)s may be what you mean.") % words
