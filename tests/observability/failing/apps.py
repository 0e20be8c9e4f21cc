from django.apps import AppConfig


class Failing(AppConfig):
    name = "tests.observability.failing"

    def ready(self) -> None:
        from tests.observability.failing import tasks  # noqa: F401 - has itself known to Celery
