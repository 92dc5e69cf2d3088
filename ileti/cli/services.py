"""What a command works on: the services of a running `ileti up`, the environment's, or its own."""

from __future__ import annotations

import os
from collections.abc import Callable

import click

import config
from ileti.cli.supervise import Lifeline
from ileti.core.memory import loading


def running(settings: config.Settings) -> config.Settings:
    """The settings with the addresses of a running ``up``, starting nothing."""
    from ileti.core.embedded import running_addresses

    found = running_addresses(settings.ileti_var)
    return settings.model_copy(update={
        "database_url": settings.database_url or found.database_url,
        "redis_url": settings.redis_url or found.redis_url,
    })


def with_services(*, stay: bool = False) -> config.Settings:
    """Settings with both services' addresses, from the environment or from a running ``up``.

    What had to be started for a command ends with it, unless it shall ``stay`` for others.
    """
    settings = config.load_settings()
    if not settings.database_url or not settings.redis_url:
        from ileti.core.embedded import EmbeddedServices

        services = EmbeddedServices(settings.ileti_var, database_url=settings.database_url,
                                    redis_url=settings.redis_url)
        if not stay:
            click.get_current_context().call_on_close(services.stop_started)
        found = services.start()
        os.environ["DATABASE_URL"] = found.database_url
        os.environ["REDIS_URL"] = found.redis_url
        config.settings.cache_clear()
    return config.settings()


def begin(lifeline: Lifeline | None, load: Callable[[], object]) -> config.Settings:
    """:func:`with_services` for a long-lived process, which ``load`` imports what it needs for.

    Under a supervisor it loads first, while the services are starting, and waits for the word that
    they have; by itself it first says what is wrong with the settings.
    """
    settings = None if lifeline else with_services(stay=True)
    with loading():
        load()
    if lifeline:
        lifeline.await_word()
    return settings or with_services(stay=True)
