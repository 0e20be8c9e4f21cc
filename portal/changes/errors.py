"""Why a change is not taken, or not taken back, as pages act on it. Who may not at all gets Http404 or a 403.

ChangeError
├── NoKey        no API key of the customer reaches the groups concerned
├── Unsendable   a value that cannot be sent to the platform: a control character, a number that is too large
├── Taken        a name that is to be given is that of something outside of what the person sees
├── NeedsApproval  it touches production, and the customer asks for approval of that (portal.plans)
└── TooLate      the change is not in a state any more (or yet) in which that can be done
"""


class ChangeError(Exception):
    """Something that a person can read and act on."""


class NoKey(ChangeError):
    """No API key reaches all of these resource groups."""

    def __init__(self, groups: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(groups)))
        self.groups = groups


class Unsendable(ChangeError, ValueError):
    """`field` holds what cannot be sent; '' where it is not known."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(f"{field}: {text}")
        self.field = field
        self.text = text


class Taken(ChangeError):
    """`key` is taken; of what has it nothing is said."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class NeedsApproval(ChangeError):
    """Nothing is sent before somebody else has approved it: that is done in a plan."""


class TooLate(ChangeError):
    """`state` is the one the change is in instead."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state
