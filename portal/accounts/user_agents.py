"""Who is at the other end: the address a request came from, and the device, in words."""

import ipaddress
import logging
import re
from functools import cache

from django.conf import settings
from django.http import HttpRequest

logger = logging.getLogger(__name__)

UNKNOWN = "0.0.0.0"  # noqa: S104 - stands for an address that nobody told us; nothing is bound to it
# The first that fits; browsers also name those whose pages they want to be served.
BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    *(("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows")),
    *(("Mac OS", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux")),
)


def client_address(request: HttpRequest) -> str:
    """The IP address of the browser.

    Each proxy appends whom it was asked by to X-Forwarded-For; only what our own proxies appended
    (TRUSTED_PROXIES of them) is believed, the rest is whatever the browser cared to send.
    """
    trusted: int = settings.TRUSTED_PROXIES
    hops = [hop for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    if trusted and len(hops) >= trusted:
        forwarded = _address(hops[-trusted])
        if forwarded:
            return forwarded
    elif trusted or hops:
        _tell_of_hops(trusted, too_few=bool(trusted))
    return _address(request.META.get("REMOTE_ADDR", "")) or UNKNOWN


@cache
def _tell_of_hops(trusted: int, *, too_few: bool) -> None:
    """Once for each process: it is about how the portal is set up, not about one request."""
    what = "with fewer addresses than that: its last proxy is" if too_few else "all the same: whoever sends it is"
    logger.warning("TRUSTED_PROXIES is %d, and X-Forwarded-For arrives %s taken for the browser", trusted, what)


def device(user_agent: str) -> str:
    """ "Firefox on Linux"; '' where it says nothing that is known."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return " · ".join(filter(None, (browser, system)))


def _address(text: str) -> str:
    """The address in its one way of being written, with neither port nor zone; '' for anything else."""
    text = re.sub(r"^\[(.*)\](:\d+)?$|^([\d.]+):\d+$", lambda m: m[1] or m[3], text.strip())
    try:
        return str(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return ""
