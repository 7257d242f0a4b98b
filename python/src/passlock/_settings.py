"""What both classes do with their settings."""

from __future__ import annotations

import os

from passlock._passlock import VARIABLES, Client

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta

    Seconds = float | timedelta
    CallSettings = tuple[Seconds | None, str | None, bool | None, Iterable[str] | None]


def open_client(settings: dict[str, object]) -> Client:
    """Open a client: what is not given comes from the environment."""
    environment = {name: os.environ[name] for name in VARIABLES if name in os.environ}
    return Client(settings, environment)


def shown(cls: type[object], client: Client) -> str:
    """Show a client, without its key."""
    return f"{cls.__name__}(endpoint={client.endpoint!r}, tenancy_id={client.tenancy_id!r})"
