"""What is asked when somebody is invited or given another role."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from portal.accounts.access import Scope
from portal.accounts.people import email_addresses
from portal.accounts.roles import Role
from portal.inventory import reads
from portal.inventory.listings.group_tree import GroupTree


class PlaceForm(forms.Form):
    """A role, and what of the customer it is for."""

    role = forms.ChoiceField(label=lazy("Role"), choices=Role.choices)
    group = forms.ChoiceField(
        label=lazy("Scope"),
        required=False,
        help_text=lazy(
            "Limited to a group, a member sees that group and the groups below; never invoices, people or API keys."
        ),
    )

    def __init__(self, scope: Scope, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].error_messages["invalid_choice"] = _("This role does not exist. Select one from the list.")
        group = self.fields["group"]
        assert isinstance(group, forms.ChoiceField)
        group.choices = group_choices(scope, str(self.initial.get("group", "")))
        group.error_messages["invalid_choice"] = _(
            "Group “%(value)s” is not known here. Select one from the list; new groups appear once "
            "the platform has them."
        )


class InviteForm(PlaceForm):
    """Whom to invite."""

    email = forms.CharField(
        label=lazy("Email address"),
        max_length=320,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "autofocus": True, "maxlength": None}),
        help_text=lazy("The link is sent there. It works once, for seven days, and only for this address."),
    )
    field_order = ("email", "role", "group")

    def clean_email(self) -> str:
        return email_addresses.canonical(self.cleaned_data["email"])


def group_choices(scope: Scope, present: str) -> list[tuple[str, str]]:
    """All of the customer, and its groups as a tree; the present one too where it is not known (any more)."""
    tree = GroupTree(reads.listing(scope, "resourcegroup", wait=False))
    groups = [(name, f"{'  ' * depth}{name}") for name, depth in tree.walk()]
    if present and present not in tree:
        groups.append((present, present))
    return [("", _("all resource groups")), *groups]


def no_changes(text: str) -> str:
    """A reason, and that all is as it was."""
    return f"{text} {_('Nothing was changed.')}"
