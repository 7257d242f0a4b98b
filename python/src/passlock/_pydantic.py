"""How pydantic, and therefore FastAPI, reads and writes principals and users. It is imported when pydantic asks."""

from __future__ import annotations

import inspect
import typing
from datetime import datetime

from pydantic import GetCoreSchemaHandler  # noqa: TC002 - it is there, since it asks
from pydantic_core import core_schema

from passlock._passlock import CallInfo, Principal, User  # noqa: TC001 - not worth hiding here


def core_schema_of(cls: type[CallInfo | Principal | User], handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
    """Accept an instance, or its fields as a dictionary or JSON; write the fields as ``to_dict`` returns them."""

    def make(given: object, fields: core_schema.ValidatorFunctionWrapHandler) -> CallInfo | Principal | User:
        return given if isinstance(given, cls) else cls(**fields(given))

    def write(model: typing.Any, fields: core_schema.SerializerFunctionWrapHandler) -> object:
        return fields(cls.to_dict(model))

    parameters = inspect.signature(cls).parameters
    fields = core_schema.typed_dict_schema(
        {
            name: core_schema.typed_dict_field(
                # A time without a zone is refused by the class itself: here its field can be named.
                core_schema.datetime_schema(tz_constraint="aware") if hint is datetime else handler(hint),
                required=parameters[name].default is inspect.Parameter.empty,
            )
            for name, hint in typing.get_type_hints(cls).items()
        },
        cls_name=cls.__name__,
    )
    return core_schema.no_info_wrap_validator_function(
        make,
        fields,
        # Around the fields' own: a plain one would pass over what the caller wants left out, such as the token.
        serialization=core_schema.wrap_serializer_function_ser_schema(write, schema=fields),
        ref=f"passlock.{cls.__name__}:{id(cls)}",
    )
