"""Who does the work of a sweep: processes of this machine, or a Dask cluster. Both are executors of `concurrent.futures`."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import wait

from oracle.errors import UsageError


@contextmanager
def processes(count: int) -> Iterator[Executor]:
    """So many processes. They leave Ctrl-C to this one, and end when it ends, however it does."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=context, initializer=_start) as pool:
        yield pool


def _start() -> None:
    """What a worker does first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


@contextmanager
def cluster(address: str) -> Iterator[tuple[Executor, int]]:
    """A Dask cluster's executor, and how many workers' threads it has now. fork-oracle has to be installed there, too."""
    try:
        from distributed import Client
    except ImportError:
        raise UsageError("--dask needs the package distributed: pip install 'fork-oracle[cluster]'") from None
    try:
        client = Client(address, timeout=10)
    except (OSError, ValueError) as error:
        raise UsageError(f"there is no Dask scheduler at {address!r}: {error}") from error
    with client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise UsageError(f"the Dask cluster at {address!r} has no workers; start one with: dask worker {address}")
        yield client.get_executor(pure=False), threads
