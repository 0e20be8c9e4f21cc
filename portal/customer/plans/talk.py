"""What people say about a plan, what of it counts, and the form in which a person says something.

The form is sent to the plan's own page: what is typed there outlives an error, an edit by others, and a session's end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from portal.accounts.access import Scope
from portal.accounts.models import User
from portal.customer.changes.presenter import moment
from portal.plans import approval
from portal.plans.approval import Kind
from portal.plans.errors import Edited, NotOpen
from portal.plans.models import LONGEST_NOTE, Plan, Remark, State
from portal.plans.review import Review
from portal.resources.spelling import whole_number

MOST_REMARKS = 100  # of the latest
MOST_NAMES = 8
SAID: Mapping[Kind, tuple[str, object]] = {  # icon, words
    Kind.COMMENT: ("message", lazy("%(who)s commented")),
    Kind.REQUEST: ("eye", lazy("%(who)s asked %(person)s to review the plan")),
    Kind.APPROVAL: ("circle-check", lazy("%(who)s approved the plan")),
    Kind.OBJECTION: ("pencil", lazy("%(who)s asked for changes")),
}
BUTTONS: Mapping[str, Kind] = {
    "comment": Kind.COMMENT,
    "request": Kind.REQUEST,
    "approve": Kind.APPROVAL,
    "object": Kind.OBJECTION,
}


@dataclass(frozen=True, slots=True)
class RemarkPresenter:
    """One remark, beside the plan as it is now."""

    remark: Remark
    revision: int  # of the plan

    @property
    def icon(self) -> str:
        return SAID[Kind(self.remark.kind)][0]

    @property
    def what(self) -> str:
        words = SAID[Kind(self.remark.kind)][1]
        return str(words) % {"who": self.who, "person": _name(self.remark.to)}

    @property
    def who(self) -> str:
        """Both names, where staff said it in somebody's place."""
        if self.remark.in_place_of is None:
            return _name(self.remark.author)
        names = {"staff": _name(self.remark.author), "person": _name(self.remark.in_place_of)}
        return _("%(staff)s in place of %(person)s") % names

    @property
    def is_of_earlier(self) -> bool:
        """Whether the plan was edited since."""
        return self.remark.revision < self.revision


@dataclass(frozen=True)
class Talk:
    """What was said about a plan, for one person, and what they can say themselves."""

    review: Review

    @cached_property
    def remarks(self) -> list[RemarkPresenter]:
        """The latest, in the order in which they were said."""
        found = self._plan.remarks.select_related("author", "in_place_of", "to").order_by("-pk")[:MOST_REMARKS]
        return [RemarkPresenter(one, self._plan.revision) for one in reversed(found)]

    @property
    def is_open(self) -> bool:
        """Whether anything can still be said."""
        return self._plan.state in (State.OPEN, State.SCHEDULED)

    # --- approval

    @cached_property
    def lacks_approval(self) -> bool:
        """Whether somebody else has to approve it, and nobody has."""
        required = self.is_open and approval.is_required(self._scope, self.review.all)
        return required and not approval.suffices(self._verdicts, self._plan, self.review.all)

    @property
    def missing(self) -> str:
        """What is missing for it to be applied, and from whom."""
        objectors = [_name(one.author) for one in self._verdicts if one.kind == Kind.OBJECTION]
        if objectors:
            return _("%(names)s asked for changes. The plan cannot be applied before.") % {"names": _some(objectors)}
        people = approval.approvers(self._plan, self._members, self.review.all)
        if not people:
            return _("It touches production and has to be approved, but no other member can change all of this.")
        names = {"names": _some([_name(one) for one in people])}
        if people[0].pk in approval.askers(self._plan, self.review.all):
            return _("It touches production. %(names)s is the only manager and can approve it with a reason.") % names
        return _("It touches production and has to be approved by someone else: %(names)s.") % names

    @property
    def approvals(self) -> list[str]:
        """Who has approved it as it is; else the last approval, and that it is stale."""
        given = [one for one in self._verdicts if one.kind == Kind.APPROVAL]
        if given:
            return [_("Approved by %(who)s, %(when)s.") % _by(one) for one in given]
        stale = self._plan.remarks.filter(kind=Kind.APPROVAL, revision__lt=self._plan.revision)
        last = stale.select_related("author").last()
        return [_("Approved by %(who)s, %(when)s; edited since.") % _by(last)] if last else []

    # --- what this person can say

    @property
    def may_comment(self) -> bool:
        return self.is_open and approval.may_say(self._scope, Kind.COMMENT)

    @cached_property
    def reviewers(self) -> list[User]:
        """Whom they can ask to look."""
        may = self.is_open and approval.may_say(self._scope, Kind.REQUEST)
        return approval.reviewers(self._scope, self._members, self.review.all) if may else []

    @cached_property
    def may_approve(self) -> bool:
        return self.is_open and approval.may_approve(self._scope, self._plan, self.review.all)

    @property
    def may_object(self) -> bool:
        """Everybody who may change some of it, but for who made the plan."""
        may = self.is_open and approval.may_say(self._scope, Kind.OBJECTION) and bool(self.review.visible)
        return may and self._scope.user.pk != self._plan.author_id

    @cached_property
    def needs_reason(self) -> bool:
        """Whether they can approve only with a reason: it was they who asked, and there is no other manager."""
        return self.may_approve and approval.needs_reason(self._scope, self._plan, self.review.all)

    @property
    def _scope(self) -> Scope:
        return self.review.scope

    @property
    def _plan(self) -> Plan:
        return self.review.plan

    @cached_property
    def _members(self) -> list[Scope]:
        return approval.members_of(self._plan)

    @cached_property
    def _verdicts(self) -> list[Remark]:
        return approval.verdicts(self._plan)


@dataclass(frozen=True)
class Saying:
    """What stands in the form; `errors` by field, none where it has been said."""

    text: str = ""
    to: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, data: Mapping[str, str] | None) -> "Saying":
        return cls(data.get("text", ""), data.get("to", "")) if data is not None else cls()


def say(data: Mapping[str, str], talk: Talk) -> Saying:
    """Say what was sent, by the button that sent it. Raises PermissionDenied as `approval.say` does."""
    kind = BUTTONS.get(data.get("do", "comment"))
    if kind is None:
        raise Http404
    said, plan = Saying.of(data), talk.review.plan
    to = next((one for one in talk.reviewers if str(one.pk) == said.to), None) if kind == Kind.REQUEST else None
    said.errors.update(_problems(kind, said, talk, to))
    if said.errors:
        return said
    try:
        approval.say(talk.review.scope, plan, kind, _clean(said.text), revision_seen(data), to)
    except Edited:
        said.errors["text"] = _("The plan was edited in the meantime. Your text is kept: please review the plan again.")
    except NotOpen as error:
        text = _("The plan is now “%(state)s”, so this was not added. Your text is kept.")
        said.errors["text"] = text % {"state": State(error.state).label}
    return said


def _problems(kind: Kind, said: Saying, talk: Talk, to: User | None) -> dict[str, str]:
    """What cannot be said as it was typed, by field."""
    if len(said.text) > LONGEST_NOTE:
        values = {"length": len(said.text), "most": LONGEST_NOTE}
        return {"text": _("The text has %(length)s characters; at most %(most)s are possible.") % values}
    if kind == Kind.REQUEST and to is None:
        return {"to": _("Select who is to review the plan.")}
    if _clean(said.text):
        return {}
    if kind == Kind.COMMENT:
        return {"text": _("Enter a comment.")}
    if kind == Kind.OBJECTION:
        return {"text": _("Enter what should be changed.")}
    if kind == Kind.APPROVAL and talk.needs_reason:
        return {"text": _("You asked for these changes yourself. As the only manager you can approve with a reason.")}
    return {}


def _clean(text: str) -> str:
    return text.replace("\x00", "").strip()


def revision_seen(data: Mapping[str, str]) -> int:
    """The one that the person has seen; -1 for what no page of ours sends."""
    number = whole_number(data.get("revision", ""))
    return -1 if number is None else number


def _name(user: User | None) -> str:
    return str(user or _("a former member"))


def _by(remark: Remark) -> dict[str, str]:
    return {"who": _name(remark.author), "when": moment(remark.at)}


def _some(names: Sequence[str]) -> str:
    """The first few, and how many more."""
    more = len(names) - MOST_NAMES
    first = ", ".join(names[:MOST_NAMES])
    text = ngettext("%(names)s and %(count)s more", "%(names)s and %(count)s more", more)
    return text % {"names": first, "count": more} if more > 0 else first
