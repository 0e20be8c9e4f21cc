"""What a page is about: the type and the record of an address, within what the person may see and do.

Not theirs is 404, indistinguishable from absent; a verb that the type doesn't have is 404; theirs but not for their
role is 403.
"""

from collections.abc import Callable

from django.http import Http404, HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from portal.accounts.access import Scope
from portal.accounts.redirects import page_of, path_of
from portal.accounts.roles import Verb
from portal.inventory import reads
from portal.inventory.reads import Source
from portal.resources.spec import Record, ResourceType
from portal.resources.types import TYPES


class NoRecord(Http404):
    """The scope sees no record of that key."""


class NothingKnown(Exception):
    """Nothing is known of the type at the moment (the platform doesn't answer), so not whether the record exists."""


def find_type(scope: Scope, type_name: str, has_verb: Callable[[ResourceType], object]) -> ResourceType:
    """The type, for somebody who may change it; Http404 where it is none or lacks the verb, else 403."""
    resource_type = TYPES.get(type_name)
    if resource_type is None or not has_verb(resource_type):
        raise Http404
    scope.require(Verb.SEE, type_name)
    return resource_type


def find_record(scope: Scope, resource_type: ResourceType, key: str) -> Record:
    """The record of that key, for somebody who may change it. Http404, 403, or NothingKnown."""
    record = reads.record(scope, resource_type.name, key)
    if record is None:
        if reads.listing(scope, resource_type.name, wait=False).source is Source.NEVER:
            raise NothingKnown
        raise NoRecord(key)
    scope.require(Verb.CHANGE, resource_type.name)
    return record


def was_shown(request: HttpRequest) -> bool:
    """Whether a page asks that showed the record of the address: its own, or one with a button for it."""
    page, own = (path.partition("/-/")[0].rstrip("/") for path in (path_of(page_of(request)), request.path))
    return page == own or (request.method == "POST" and page != "")


def way_back(request: HttpRequest, default: str) -> str:
    """Where the person came from (`next`, a page of ours), else `default`."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if safe else default
