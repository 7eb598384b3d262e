"""How every model of ours behaves on the wire: unknown fields are ignored, nothing changes."""

from pydantic import ConfigDict

WIRE = ConfigDict(
    frozen=True,
    extra="ignore",
    populate_by_name=True,
    serialize_by_alias=True,
    ser_json_bytes="base64",
)
