"""Why a change was not taken, in words: the platform's own, ours where it never got there."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

UNSENDABLE = lazy("This holds a character or a number that cannot be sent to the platform. Change it.")
BY_US: Mapping[str, object] = {
    "unsendable": UNSENDABLE,
    "forbidden": lazy("It was not sent: the person who requested it may not change this any longer."),
    "taken": lazy("This name is already taken. Choose another one."),
}


def reason(answer: Mapping[str, Any]) -> str:
    """Never empty: where the platform gave no reason, that is what is said."""
    found = BY_US.get(str(answer.get("kind"))) or answer.get("text")
    return str(found or _("The platform gave no reason."))
