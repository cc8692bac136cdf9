"""Words that the arguments of several tools share, each described once."""

from typing import Annotated, Final, Literal

from pydantic import Field, JsonValue

MAX_NAME: Final = 1000
Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
Names = Annotated[list[Name], Field(min_length=1)]
Cells = dict[str, JsonValue]
Where = Annotated[
    list[dict[str, JsonValue]],
    Field(description="[{field, op, value}], all must hold; {any: […]} for alternatives"),
]
Formula = Annotated[str, Field(max_length=50_000, description="Airtable formula")]
Ids = Annotated[Names, Field(description="record ids or primary values")]
Record = Annotated[Name, Field(description="record id or primary value")]
DryRun = bool
NewOptions = Annotated[list[Name], Field(description="select options to create")]
Typecast = Annotated[bool, Field(description="let Airtable convert values")]
OnError = Literal["undo", "continue"]
