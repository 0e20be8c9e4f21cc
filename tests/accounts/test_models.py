"""API keys are sealed to their row and stand nowhere in the clear; addresses are kept in one form."""

import pytest
from django.core.management import call_command

from portal.accounts.keys.sealing import Broken
from portal.accounts.models import ApiKey, Customer, User


@pytest.fixture
def customer(db: None) -> Customer:
    return Customer.objects.create(number="10001", name="Example")


def make_key(customer: Customer, group: str, secret: str) -> ApiKey:
    key = ApiKey(customer=customer, resource_group=group)
    key.set_secret(secret)
    key.save()
    return ApiKey.objects.get(pk=key.pk)


@pytest.mark.parametrize("secret", ["plain", "with spaces : and \" quotes '", "ünïcode", "k" * 10_000])
def test_a_secret_comes_back_as_it_was(customer: Customer, secret: str) -> None:
    assert make_key(customer, "services", secret).secret() == secret


def test_a_secret_stands_nowhere_in_the_row_or_its_repr(customer: Customer) -> None:
    key = make_key(customer, "services", "hunter2-hunter2")
    assert b"hunter2" not in bytes(key.sealed)
    assert "hunter2" not in repr(key)
    assert "hunter2" not in repr(key.__dict__)


def test_a_ciphertext_moved_to_another_row_does_not_open(customer: Customer) -> None:
    mine = make_key(customer, "services", "one")
    theirs = make_key(customer, "acme", "two")
    theirs.sealed, theirs.generation = mine.sealed, mine.generation
    with pytest.raises(Broken):
        theirs.secret()


def test_a_new_secret_is_a_new_generation_and_no_longer_refused(customer: Customer) -> None:
    key = make_key(customer, "services", "one")
    before = key.generation
    key.set_secret("two")
    assert key.generation == before + 1
    assert key.refused_at is None


def test_an_address_is_kept_in_lower_case(db: None) -> None:
    assert User.objects.create_user(" Maren@Example.COM ").email == "maren@example.com"


def test_seeding_twice_leaves_one_of_each(db: None) -> None:
    call_command("seed_demo", customers=3, verbosity=0)
    call_command("seed_demo", customers=3, verbosity=0)
    assert Customer.objects.count() == 3
    assert ApiKey.objects.get(resource_group="c3").secret() == "c3-demo-key"
    assert User.objects.get(email="manager3@example.com").memberships.get().customer.number == "10003"


def test_a_new_portal_knows_nobody(db: None) -> None:
    assert not User.objects.exists()
    assert not Customer.objects.exists()
