"""Refuses updates with unknown fields, such as ``email``, by an error that names the field.

The methods themselves take none, so that their signatures say what can be updated: to type checkers, mocks and readers.
"""

from __future__ import annotations

from passlock import _types  # noqa: TC001 - needed to evaluate the annotations


def refuse_unknown(method: _types.Method) -> _types.Method:
    """Decorate an update of the synchronous client."""
    known = _arguments(method)

    def update(client: _types.Any, /, *arguments: _types.Any, **given: _types.Any) -> _types.Any:
        if not known.issuperset(given):
            _refuse(client, known, given)
        return method(client, *arguments, **given)

    return _like(method, update)


def refuse_unknown_async(method: _types.Method) -> _types.Method:
    """Decorate an update of the asynchronous client."""
    known = _arguments(method)

    async def update(client: _types.Any, /, *arguments: _types.Any, **given: _types.Any) -> _types.Any:
        if not known.issuperset(given):
            await _refuse(client, known, given)
        return await method(client, *arguments, **given)

    return _like(method, update)


def _arguments(method: _types.Any) -> frozenset[str]:
    code = method.__code__
    return frozenset(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])


def _refuse(client: _types.Any, known: frozenset[str], given: dict[str, _types.Any]) -> _types.Any:
    # The native part has the words, and its error is observed like any other. Without an id, nothing could be sent.
    call = client._call  # noqa: SLF001 - of this package
    return call("update_user", "", {}, {name: given[name] for name in given if name not in known})


def _like(method: _types.Method, update: _types.Any) -> _types.Method:
    """Do what ``functools.wraps`` does, whose import takes as long as this package's."""
    for name in ("__module__", "__name__", "__qualname__", "__doc__", "__annotations__"):
        setattr(update, name, getattr(method, name))
    update.__wrapped__ = method
    decorated: _types.Method = update
    return decorated
