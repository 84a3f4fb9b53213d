"""What the Python client programs take from the command line, how they end, and the check of an answer they share."""

import argparse
import asyncio
import json
import sys
from collections.abc import Coroutine, Iterator
from typing import Any

PROTOCOL_OF_MODE = {"auto": "2026-07-28", "legacy": "2025-11-25"}
"""The version each connection mode must end up with: `auto` probes for the newest, `legacy` says `initialize`."""


def parser(description: str) -> argparse.ArgumentParser:
    """The options that every program has: where the server is, how to connect, what to call, what to expect."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument("server", help="its MCP endpoint, as in http://localhost:8000/mcp; over stdio its program")
    options.add_argument("--mode", choices=PROTOCOL_OF_MODE, default="auto", help="how the version is negotiated")
    options.add_argument("--tool", required=True, help="the tool to call")
    options.add_argument("--arguments", type=json.loads, default={}, help="its arguments, a JSON object")
    options.add_argument("--expect", required=True, help="a value that the tool's answer must hold")
    return options


def run(program: Coroutine[Any, Any, str]) -> None:
    """Runs a program, prints the line it returns, and turns a failure into one line per cause and exit code 1."""
    try:
        print(asyncio.run(program))
    except BaseException as error:  # the SDK's task groups wrap what went wrong in groups of groups
        for cause in causes(error):
            print(f"{type(cause).__name__}: {cause}", file=sys.stderr)
        sys.exit(1)


def causes(error: BaseException) -> Iterator[BaseException]:
    """The exceptions inside a group, however deep; an exception that is no group is its own cause."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from causes(inner)
    else:
        yield error


def check_answer(result: Any, expected: str) -> None:
    """Fails unless the call succeeded and some value of its structured content, or a whole text block, is `expected`."""
    texts = [block.text for block in result.content if block.type == "text"]
    assert not result.is_error, f"the tool answered with an error: {texts}"
    found = [*leaves(result.structured_content), *texts]
    assert expected in found, f"expected {expected!r} in the answer, found {found}"


def leaves(value: Any) -> Iterator[str]:
    """The scalars inside a JSON value: strings as they are, everything else as JSON writes it."""
    if isinstance(value, dict):
        for member in value.values():
            yield from leaves(member)
    elif isinstance(value, list):
        for element in value:
            yield from leaves(element)
    else:
        yield value if isinstance(value, str) else json.dumps(value)
