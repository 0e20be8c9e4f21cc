"""Plans: changes put together before anything is sent."""

from django.apps import AppConfig


class PlansConfig(AppConfig):
    name = "portal.plans"
