"""How every model of ours behaves on the wire: unknown fields are ignored, nothing changes.

A model is built when it is first used: no process uses all, and every start would pay for all.
"""

from pydantic import ConfigDict

WIRE = ConfigDict(
    frozen=True,
    defer_build=True,
    extra="ignore",
    populate_by_name=True,
    serialize_by_alias=True,
    ser_json_bytes="base64",
)
