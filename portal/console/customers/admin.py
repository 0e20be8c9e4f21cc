"""What only admins do: customers, their members and keys, and who is staff. Everything goes on record."""

from copy import copy
from typing import Any

from django import forms
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts import mail
from portal.accounts.audit import trail
from portal.accounts.keys import api_keys
from portal.accounts.models import Customer, Membership, User
from portal.accounts.people.members import add, described, managers_of, members_of, take_out
from portal.accounts.roles import Role
from portal.changes.decisions import resume
from portal.console.shell import render_console, sent
from portal.console.staff import find_customer, for_admins, member_of_staff, scope_of
from portal.customer.api_keys import ConnectForm, why
from portal.inventory.platform.clients import KeyProblem, check_key

page_and_form = require_http_methods(["GET", "HEAD", "POST"])
NO_ROLE = ""  # takes somebody out


class CustomerForm(forms.ModelForm):  # type: ignore[type-arg]
    """Number and name."""

    class Meta:
        model = Customer
        fields = ("number", "name")
        labels = {"number": lazy("Number"), "name": lazy("Name")}

    def clean_number(self) -> str:
        number: str = self.cleaned_data["number"]
        if not (number.isascii() and number.isdigit()):
            raise forms.ValidationError(_("A customer number consists of digits."))
        return number


class MemberForm(forms.Form):
    """Who belongs to the customer, as what."""

    email = forms.EmailField(label=lazy("Email address"), max_length=254)
    role = forms.ChoiceField(
        label=lazy("Role"),
        choices=[*Role.choices, (NO_ROLE, lazy("not a member"))],
        required=False,
        initial=Role.VIEWER,
    )

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()


class KeyForm(ConnectForm):
    """A key, on a page where it is not the first thing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["group"].widget.attrs["autofocus"]


class StaffForm(forms.Form):
    """Who is staff, as what."""

    ROLES = (("support", lazy("Support")), ("admin", lazy("Admin")), ("", lazy("not staff")))

    email = forms.EmailField(label=lazy("Email address"), max_length=254)
    role = forms.ChoiceField(label=lazy("Role"), choices=ROLES, required=False, initial="support")


@for_admins
@page_and_form
def new_customer(request: HttpRequest) -> HttpResponse:
    """A customer who was none."""
    form = CustomerForm(sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                made: Customer = form.save()
                trail.record("customer.changed", customer=made, target=made.number, after={"name": made.name})
        except IntegrityError:  # somebody else was faster
            form.add_error("number", _("A customer with this number already exists."))
        else:
            return redirect("console:manage", made.number)
    return render_console(request, "console/new_customer.html", {"form": form}, status=422 if form.errors else 200)


@for_admins
@page_and_form
def customer(request: HttpRequest, number: str) -> HttpResponse:
    """Name, members and keys of a customer; POST renames it."""
    found = find_customer(number)
    form = CustomerForm(sent(request), instance=copy(found))
    form.fields["number"].disabled = True  # it is in addresses, trails and invoices
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            form.save()
            trail.record(
                "customer.changed",
                customer=found,
                target=number,
                before={"name": found.name},
                after={"name": form.instance.name},
            )
        return redirect("console:customer", number)
    return _page(request, found, form=form, status=422 if form.errors else 200)


@for_admins
@require_POST
def member(request: HttpRequest, number: str) -> HttpResponse:
    """Make somebody a member, give them another role, or take them out."""
    form = MemberForm(request.POST)
    if not form.is_valid():
        return _page(request, find_customer(number), member_form=form, status=422)
    found, email, role = find_customer(number), form.cleaned_data["email"], form.cleaned_data["role"]
    if role == NO_ROLE and not User.objects.filter(email=email).exists():
        form.add_error("email", _("No account has this address."))
        return _page(request, found, member_form=form, status=422)
    with transaction.atomic():
        Customer.objects.select_for_update(no_key=True).get(pk=found.pk)
        added = _set_role(found, _known_or_new(email), role)
        if not managers_of(found):
            messages.warning(request, _("The customer now has no manager."))
    if added is not None:
        _tell(request, added)
    return redirect("console:manage", number)


def _known_or_new(email: str) -> User:
    """Whoever has the address; new ones have no password: `_tell` says where they set one."""
    known = User.objects.filter(email=email).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            return User.objects.create_user(email)
    except IntegrityError:  # somebody else was faster
        return User.objects.get(email=email)


def _set_role(customer: Customer, user: User, role: str) -> Membership | None:
    """The membership, where they were no member before."""
    held = Membership.objects.select_related("user").filter(customer=customer, user=user).first()
    before = described(held.role, held.group) if held else None
    if role == NO_ROLE:
        if held is not None:
            take_out(customer, held, "member.removed")
        return None
    after = described(role, held.group if held else "")
    if before == after:
        return None
    added = add(customer, user, role) if held is None else None
    if held is not None:
        Membership.objects.filter(pk=held.pk).update(role=role)
    trail.record("member.changed", customer=customer, target=user.email, before=before, after=after)
    return added


def _tell(request: HttpRequest, member: Membership) -> None:
    """Somebody who did not ask for it learns what they have been given, and how they get in."""
    email = member.user.email
    path = reverse("customer:overview", args=[member.customer.number])
    told = {"member": member, "customer": member.customer, "link": request.build_absolute_uri(path)}
    if member.user.last_login is None and not member.user.has_usable_password():
        told["first_password"] = request.build_absolute_uri(reverse("account_reset_password"))
    if mail.send("console/mail/member", email, told):
        messages.success(request, _("%(email)s was told by email.") % {"email": email})
    else:
        problem = _("The email to %(email)s could not be sent. They have access: tell them yourself.")
        messages.error(request, problem % {"email": email})


@sensitive_post_parameters("credential")
@for_admins
@require_POST
def key(request: HttpRequest, number: str) -> HttpResponse:
    """A new key, or a new secret for one; checked with the platform before it is kept."""
    form, found = KeyForm(request.POST), find_customer(number)
    if form.is_valid():
        group, secret = form.cleaned_data["group"], form.cleaned_data["credential"]
        try:
            check_key(group, secret)
            is_new = not found.api_keys.filter(resource_group=group).exists()
            resume(api_keys.keep(scope_of(request, found), group, secret, new=is_new))
        except KeyProblem as problem:
            form.add_error("credential", why(problem, group))
        except api_keys.Taken:
            form.add_error("group", _("This group is connected to another customer."))
        else:
            messages.success(request, _("Key verified and saved. Waiting changes are being sent."))
            return redirect("console:manage", number)
    return _page(request, found, key_form=form, status=422)


def _page(
    request: HttpRequest,
    found: Customer,
    *,
    form: CustomerForm | None = None,
    member_form: MemberForm | None = None,
    key_form: KeyForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "customer": found,
        "form": form or CustomerForm(instance=found),
        "member_form": member_form or MemberForm(),
        "key_form": key_form or KeyForm(),
        "members": members_of(found),
        "keys": found.api_keys.defer("sealed"),
    }
    return render_console(request, "console/manage.html", context, status=status)


@for_admins
@page_and_form
def staff(request: HttpRequest) -> HttpResponse:
    """Who is staff, as what; there is always an admin."""
    form = StaffForm(sent(request))
    if request.method == "POST" and form.is_valid() and _set_staff(request, form):
        return redirect("console:people")
    people = User.objects.filter(is_staff=True).order_by("email")
    return render_console(
        request, "console/staff.html", {"form": form, "people": people}, status=422 if form.errors else 200
    )


def _set_staff(request: HttpRequest, form: StaffForm) -> bool:
    email, role = form.cleaned_data["email"].strip().lower(), form.cleaned_data["role"]
    with transaction.atomic():
        admins = User.objects.select_for_update(no_key=True).filter(is_staff=True, is_superuser=True, is_active=True)
        others = [one for one in admins if one.email != email]
        user = User.objects.filter(email=email).first()
        if user is None:
            form.add_error(
                "email", _("No account has this address. Invite the person to a customer, or add them there.")
            )
        elif role != "admin" and not others:
            form.add_error("role", _("Add another admin first."))
        else:
            before = {"staff": user.is_staff, "admin": user.is_superuser}
            user.is_staff, user.is_superuser = bool(role), role == "admin"
            user.save(update_fields=["is_staff", "is_superuser"])
            after = {"staff": user.is_staff, "admin": user.is_superuser}
            trail.record("staff.changed", actor=member_of_staff(request), target=email, before=before, after=after)
            return True
    return False
