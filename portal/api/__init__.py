"""The wire: the platform's XML-RPC API as plain method calls. No Django in here.

`Client` is the way in; what it raises is `ApiError`, whose tree stands in `errors`.
Many records are asked for by `query_anew`: of what stood in the answer before nothing is read again (`pieces`).
Values come out as the platform sent them; `inventory` reads them by the spec of their type.
"""

from .client import Client
from .errors import (
    ApiError,
    CreditLimitExceeded,
    Fault,
    NotReachable,
    Refused,
    ResourceLimitExceeded,
    Unreadable,
    Unsendable,
)
from .values import Answer, Call, Record, Value

__all__ = [
    "Answer",
    "ApiError",
    "Call",
    "Client",
    "CreditLimitExceeded",
    "Fault",
    "NotReachable",
    "Record",
    "Refused",
    "ResourceLimitExceeded",
    "Unreadable",
    "Unsendable",
    "Value",
]
