"""Pages are compared with all that their stamps say, but for when each was made (portal.accounts.page_stamp)."""

import re


def without_age(html: str) -> str:
    """The page, its stamp without its time."""
    return re.sub(r'(data-page="[^"@]+)@[\d.]+', r"\1", html)
