"""What annotations name, such as ``_types.Seconds``.

Annotations are strings until somebody evaluates them, as FastAPI, pydantic and containers for dependency injection do.
Then the names are found here, and ``typing`` and ``datetime`` are imported: several times the work of importing this
package, which all other programs are spared.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from passlock._aliases import *  # noqa: F403 - all that it has
else:

    def __getattr__(name: str) -> object:
        from passlock import _aliases  # noqa: PLC0415 - only when it is asked for

        try:
            return getattr(_aliases, name)
        except AttributeError:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
