"""Every wait of the tests: on a condition, never for a duration."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

STEP = 0.01
"""Seconds between two looks at a condition."""
PATIENCE = 4
"""How many times its `timeout` a wait lasts before it gives up: a machine under load is slow, and not wrong."""


def wait_until(condition: Callable[[], T], what: str, timeout: float = 10.0, step: float = STEP) -> T:
    """Look at `condition` until it is true and return its value.

    `what` says in words what was waited for. Raises AssertionError naming it after `PATIENCE` times `timeout` seconds.
    """
    end = time.monotonic() + timeout * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= end:
            raise AssertionError(f"never happened within {timeout * PATIENCE:g} s: {what} (last: {value!r})")
        time.sleep(step)


async def wait_for(
    condition: Callable[[], T | Awaitable[T]],
    what: str,
    timeout: float = 10.0,  # noqa: ASYNC109 - it bounds the condition, and says what never happened
    step: float = STEP,
) -> T:
    """Do as `wait_until` on a running loop; the condition may be a coroutine function (a Pilot's pause, a request)."""
    end = time.monotonic() + timeout * PATIENCE
    while True:
        value = condition()
        if inspect.isawaitable(value):
            value = await value
        if value:
            return value
        if time.monotonic() >= end:
            raise AssertionError(f"never happened within {timeout * PATIENCE:g} s: {what} (last: {value!r})")
        await asyncio.sleep(step)
