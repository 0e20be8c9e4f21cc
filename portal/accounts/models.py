"""People, the customers they belong to, the API keys that reach a customer's resource groups, and what was done."""

import uuid
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.keys import sealing
from portal.accounts.roles import Role


class UserManager(BaseUserManager["User"]):
    """Makes users, known by their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":
        """A user with that address, in lower case; without a password nobody can sign in as them."""
        user = self.model(email=email.strip().lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> "User":
        """An admin of support staff: what `manage.py createsuperuser` makes."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **extra)


class PaperSize(models.TextChoices):
    """Of what is printed, and made as PDF."""

    A4 = "a4", "A4"
    LETTER = "letter", "Letter"


class User(AbstractBaseUser, PermissionsMixin):
    """A person. Signs in by e-mail address."""

    email = models.EmailField(_("email address"), unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    language = models.CharField(max_length=10, blank=True)  # of mails (accounts.reader_settings); '' until known
    time_zone = models.CharField(max_length=64, blank=True)  # by whose clock times are told; '' for Europe/Berlin
    paper_size = models.CharField(max_length=6, choices=PaperSize.choices, default=PaperSize.A4)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)  # support staff: may use the console
    date_joined = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()

    memberships_at_hand: "list[Membership] | None" = None  # of who is signed in (accounts.sign_in.backend)

    def __str__(self) -> str:
        return self.name or self.email


class Customer(models.Model):
    """Who is charged: a customer of the hosting platform."""

    number = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=200)
    requires_second_factor = models.BooleanField(default=False)  # of its members, before they see anything of it
    # Whether what touches production has to be approved by somebody else before it is sent (portal.plans.approval).
    requires_approval = models.BooleanField(default=False)
    plans_version = models.PositiveIntegerField(default=0)  # grows with all that pages show of open plans
    members = models.ManyToManyField(User, through="Membership", related_name="customers")

    keys_at_hand: "list[ApiKey] | None" = None  # what they are read by, once looked up (inventory.snapshots.freshness)

    class Meta:
        ordering = ("number",)

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class Membership(models.Model):
    """A person's role in a customer, for all of it or for a resource group and what is below it."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)
    group = models.CharField(max_length=64, blank=True)  # '' for the whole customer
    unread = models.PositiveIntegerField(default=0)  # notices in the bell (portal.notify): no page counts them

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "customer"), name="one_membership"),)

    def __str__(self) -> str:
        return f"{self.user} {self.role} {self.customer}"


class ApiKey(models.Model):
    """The access key of a resource group of a customer, sealed so that only this row can open it.

    `generation` grows with every new secret; caches and changes name the key together with it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="api_keys")
    resource_group = models.CharField(max_length=64)
    sealed = models.BinaryField()
    generation = models.PositiveIntegerField(default=0)
    entered_at = models.DateTimeField(null=True, blank=True)  # when a person entered the present secret
    refused_at = models.DateTimeField(null=True, blank=True)  # when the platform refused it (401), None while it works
    told_generation = models.PositiveIntegerField(default=0)  # the generation whose refusal is on record

    class Meta:
        ordering = ("resource_group",)
        constraints = (models.UniqueConstraint(fields=("resource_group",), name="one_key_per_group"),)

    def __str__(self) -> str:
        return self.resource_group

    def __repr__(self) -> str:
        return f"<ApiKey {self.resource_group} generation {self.generation}>"

    def set_secret(self, secret: str) -> None:
        """Seal a new secret into this row; the caller saves."""
        self.generation += 1
        self.refused_at = None
        self.entered_at = timezone.now()
        self.sealed = sealing.seal(secret.encode(), self._place())

    def secret(self) -> str:
        """The secret itself, for a request to the platform and nothing else; sealing.Broken where it doesn't open."""
        return sealing.unseal(bytes(self.sealed), self._place()).decode()

    def resealed(self) -> bytes:
        """The same secret sealed anew, with the ring's newest key; sealing.Broken where it doesn't open."""
        return sealing.seal(self.secret().encode(), self._place())

    def _place(self) -> bytes:
        """What the secret is bound to: a ciphertext moved to another row or generation doesn't open."""
        return f"api key {self.id} {self.customer_id} {self.resource_group} {self.generation}".encode()


class Invitation(models.Model):
    """Somebody was asked to join a customer. The link is mailed; its hash is kept (accounts.people.invitations)."""

    VALID_FOR = timedelta(days=7)

    class End(models.TextChoices):
        """What became of one that is no longer open."""

        ACCEPTED = "accepted"
        WITHDRAWN = "withdrawn"
        REPLACED = "replaced"  # sent again
        JOINED = "joined"  # the person became a member without it
        LEFT = "left"  # the person's membership ended

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(max_length=254)  # in lower case, as User.email
    role = models.CharField(max_length=10, choices=Role.choices)
    group = models.CharField(max_length=64, blank=True)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created = models.DateTimeField(default=timezone.now)
    expires = models.DateTimeField()
    ended = models.DateTimeField(null=True, blank=True)
    how_ended = models.CharField(max_length=10, choices=End.choices, blank=True)  # '' where nobody noted it

    class Meta:
        ordering = ("email",)

    def __str__(self) -> str:
        return f"{self.email} {self.role} {self.customer}"

    @property
    def is_open(self) -> bool:
        return self.ended is None and self.expires > timezone.now()


class Draft(models.Model):
    """What a person had typed into a form that was not sent on, sealed (accounts.form_drafts)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="drafts")
    path = models.CharField(max_length=500)
    sealed = models.BinaryField()
    kept = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "path"), name="one_draft_per_form"),)

    def __str__(self) -> str:
        return f"{self.user} {self.path}"


class SentForm(models.Model):
    """A form of a page that somebody has sent, and where that led; '' while it is worked on (accounts.submit_once).

    Also when the form at a place was closed last (accounts.form_drafts).
    """

    key = models.CharField(max_length=64, primary_key=True)
    at = models.DateTimeField(db_index=True)
    led_to = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.key


class AuditHead(models.Model):
    """Where a chain of the audit trail ends: the row that whoever adds to it has to hold."""

    chain = models.CharField(max_length=20, primary_key=True)
    sequence = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"{self.chain} {self.sequence}"


class AuditEntry(models.Model):
    """Something that was done. Only accounts.audit.trail writes it; the database refuses to change or delete it.

    No foreign keys: it outlives whom and what it speaks of. `before` and `after` are JSON as it was hashed.
    """

    chain = models.CharField(max_length=20)  # a customer's number, '' for what belongs to none
    sequence = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    action = models.CharField(max_length=40)
    actor_id = models.BigIntegerField(null=True, blank=True)
    actor = models.CharField(max_length=254, blank=True)  # e-mail address; '' for the portal itself
    address = models.CharField(max_length=45, blank=True)  # where the request came from
    target = models.CharField(max_length=300, blank=True)  # what it was done to: "virtualmachine/shop01", an address
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)
    previous = models.CharField(max_length=64, blank=True)  # digest of the entry before, '' for a chain's first
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ("-at", "-id")
        constraints = (models.UniqueConstraint(fields=("chain", "sequence"), name="one_entry_per_place"),)
        indexes = (
            models.Index(fields=("chain", "-at"), name="audit_of_chain"),
            models.Index(fields=("at",), name="audit_lately"),  # of all chains (portal.notify)
        )

    def __str__(self) -> str:
        return f"{self.chain} {self.sequence} {self.action}"
