"""Tests of portal.customer.plans."""
