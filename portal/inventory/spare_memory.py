"""What reading large snapshots took for a moment is given back: the C library keeps it otherwise, in each process."""

import ctypes


def give_back() -> None:
    """Takes milliseconds, beside other threads. Does nothing where the C library is another one than glibc."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
