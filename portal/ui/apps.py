"""Forms, tables, panels and fragments, made from a resource type."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "portal.ui"
