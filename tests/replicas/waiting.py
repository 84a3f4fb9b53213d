"""How long the tests wait for other processes, and how."""

import time
from collections.abc import Callable
from typing import Any

PATIENCE = 120
"""Seconds; more than anything takes that must happen at some time, also on a machine that does much else. Reached only when
it fails."""


def eventually(what: str, check: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """What `check` gives as soon as it gives something; processes need their time to start and to stop."""
    deadline = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.02)
    return found
