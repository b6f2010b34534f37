"""Rules for every test: warnings are errors, `async def` tests run under a deadline and may leak nothing."""

from __future__ import annotations

import inspect

import pytest

from tests.support import DEADLINE, run


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Runs `async def` tests: see `support.run`."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    marker = pyfuncitem.get_closest_marker("deadline")
    run(pyfuncitem.obj(**arguments), marker.args[0] if marker else DEADLINE)
    return True
