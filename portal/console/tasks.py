"""What a worker does for the console."""

from portal.celery import app
from portal.console import index, samples
from portal.inventory.connection import Away, connected

LOCK, LOCKED_FOR = "console:indexing", 60


@app.task(name="console.index")
def update_index() -> None:
    """Bring the search up to date; one worker at a time."""
    try:
        with connected() as redis:
            if not redis.set(LOCK, b"1", nx=True, ex=LOCKED_FOR):
                return
        try:
            index.update()
        finally:
            with connected() as redis:
                redis.delete(LOCK)
    except Away:
        return  # with Redis away the index stays as it is


@app.task(name="console.sample")
def take_sample() -> None:
    """Note how things are, for the charts of the last day."""
    samples.take()
