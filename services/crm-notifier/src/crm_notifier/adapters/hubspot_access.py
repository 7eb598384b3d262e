"""What an operator says of HubSpot."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator

from crm_notifier.adapters.crm_access import CrmAccess, given, needed_by, require_safe
from crm_notifier.adapters.http_client import HttpClient
from crm_notifier.adapters.hubspot import Erasing, HubSpotCrm, Keys
from crm_notifier.adapters.hubspot_api import Access, HubSpotApi
from crm_notifier.adapters.hubspot_files import LARGEST, HubSpotFiles
from crm_notifier.adapters.hubspot_pace import Pace
from crm_notifier.adapters.stored_files import StoredFiles
from crm_notifier.mapping import CrmMap


class HubSpotAccess(CrmAccess):
    """A key, and what is to happen when a person is to be forgotten."""

    hubspot_url: str = "https://api.hubapi.com"
    """Another address only for trying things out."""
    hubspot_version: str = Field(default="2026-03", pattern=r"^20\d\d-(03|09)$")
    """A dated version of HubSpot's API; each is supported for 18 months."""
    hubspot_token: Annotated[SecretStr | None, AfterValidator(needed_by("hubspot"))] = Field(
        default=None, validate_default=True
    )
    """A service key, or the token of an app."""
    hubspot_erasure: Erasing = "delete"
    """Whether an erased person is deleted there with all that we wrote, or marked for others."""

    hubspot_activity_keys: Keys = "unique"
    """`plain` where HubSpot does not keep the key of communications and notes unique."""

    hubspot_largest_file: int = Field(default=LARGEST, ge=1)
    """Bytes of a file that HubSpot takes; of a larger one it is told the address only."""

    @field_validator("hubspot_url")
    @classmethod
    def _safe_hubspot(cls, url: str, info: ValidationInfo) -> str:
        require_safe(url, private=bool(info.data.get("private_network")))
        return url


def connect(access: HubSpotAccess, http: HttpClient, crm_map: CrmMap) -> HubSpotCrm:
    """Make the adapter from what the operator said."""
    token = SecretStr(given(access.hubspot_token))
    api = HubSpotApi(http, Access(access.hubspot_url, access.hubspot_version, token), Pace())
    files = access.files()
    stored = None if files is None else StoredFiles(http, files)
    return HubSpotCrm(
        api,
        crm_map,
        files=HubSpotFiles(api, stored, largest=access.hubspot_largest_file),
        file_links=access.file_links_base,
        erasing=access.hubspot_erasure,
        keys=access.hubspot_activity_keys,
    )
