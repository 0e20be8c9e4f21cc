"""Where a process begins and ends: what is set to be told is told from there on."""

from typing import Any, Literal

from celery import signals
from django.conf import settings

type Kind = Literal["web", "worker", "beat"]


def begin(kind: Kind) -> None:
    """In each process that is to tell, when it has been forked, and once more where it forks others itself."""
    if settings.SENTRY_DSN:
        from portal.observability import errors  # only where it is wanted, here and below

        errors.begin(kind)
    if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        from portal.observability import traces

        traces.begin(kind)


def end() -> None:
    """What was not sent is sent, within moments."""
    if settings.SENTRY_DSN:
        from portal.observability import errors

        errors.end()
    if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        from portal.observability import traces

        traces.end()


def called(method: str, types: str, outcome: str, seconds: float) -> None:
    """A call to the platform has just ended."""
    if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        from portal.observability import traces

        traces.called(method, types, outcome, seconds)


@signals.worker_init.connect
@signals.worker_process_init.connect
def _worker(**_kwargs: Any) -> None:
    begin("worker")


@signals.beat_init.connect
def _beat(**_kwargs: Any) -> None:
    begin("beat")


@signals.worker_process_shutdown.connect
@signals.worker_shutdown.connect
def _end(**_kwargs: Any) -> None:
    end()
