"""Making much at once: without looking for garbage meanwhile, and giving back afterwards what it took for a moment."""

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """All that is made meanwhile is in use: Python would look through it, again and again, for what is not."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def give_back() -> None:
    """What the C library keeps otherwise, in each process; takes milliseconds, beside other threads.

    Does nothing where the C library is another one than glibc.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
