"""What can go wrong between the portal and the platform, as callers act on it.

    ApiError
    ├── Unsendable                     what was asked cannot be written down as XML-RPC: nothing left the house
    ├── NotReachable                   no answer: connection, TLS, timeout, deadline, HTTP 5xx and 429
    ├── Refused                        the key is not accepted (HTTP 401, 403)
    ├── Fault                          the platform said no, with a code and words of its own
    │   ├── ResourceLimitExceeded        … because a data centre has no room for it (api_16)
    │   └── CreditLimitExceeded          … because the group may not spend that much (api_16)
    └── Unreadable                     an answer came that is none: cut off, too large, not XML-RPC, wrong shape

Nothing else leaves the client. Messages are plain English for logs; they never hold a key, and apart from a
fault's words nothing that the other side wrote.
"""

from __future__ import annotations


class ApiError(Exception):
    """A call that brought no result.

    `may_have_been_sent` answers the one question that matters after a failed `apply`: can the change be, or
    still become, true on the platform?

    - False: certainly not. It never got there, or it got there and was turned down whole (`Refused`, `Fault`:
      apply is all or nothing, api_04). Asking again is a new attempt.
    - True: nobody knows. Look (`log`, `query`) before doing anything else, and never call it "failed".
    """

    may_have_been_sent: bool = True


class Unsendable(ApiError, ValueError):
    """A value that XML-RPC cannot carry: a control character, half a surrogate pair, an integer over 64 bit.

    `field` is the innermost struct key that holds it, or None.
    """

    may_have_been_sent = False

    def __init__(self, text: str, field: str | None = None) -> None:
        super().__init__(text, field)
        self.text = text
        self.field = field

    def __str__(self) -> str:
        return f"{self.field}: {self.text}" if self.field else self.text


class NotReachable(ApiError):
    """No answer from the platform. `retry_after`: seconds it asked to be left alone (HTTP 429, 503), or None."""

    def __init__(self, text: str, *, may_have_been_sent: bool = True, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.may_have_been_sent = may_have_been_sent
        self.retry_after = retry_after


class Refused(ApiError):
    """The platform does not accept user and key (api_02)."""

    may_have_been_sent = False


class Fault(ApiError):
    """The platform understood, and said no: nothing of the call has been applied (api_04)."""

    may_have_been_sent = False

    def __init__(self, code: int, text: str) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text

    def __str__(self) -> str:
        return f"fault {self.code}: {self.text}"


class ResourceLimitExceeded(Fault):
    """The change would exceed the memory, CPU or disk that a data centre can give (api_16)."""


class CreditLimitExceeded(Fault):
    """The change would exceed the credit limit of a resource group and its descendants (api_16)."""


class Unreadable(ApiError):
    """Something came back that is no answer to what was asked."""


_BY_CODE = {3: ResourceLimitExceeded, 4: CreditLimitExceeded}


def fault(code: int, text: str) -> Fault:
    """The exception for a fault of the platform; codes that are not known make a plain `Fault`."""
    return _BY_CODE.get(code, Fault)(code, text)
