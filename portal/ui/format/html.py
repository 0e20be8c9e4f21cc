"""Putting pieces of HTML together that are safe already."""

from collections.abc import Iterable

from django.utils.safestring import SafeString


def joined(parts: Iterable[SafeString], between: str = "") -> SafeString:
    """Pieces one after the other. `str.join` would forget that they are safe."""
    return SafeString(between.join(parts))
