"""What an operator says of Salesforce."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from crm_notifier.adapters.crm_access import CrmAccess, given, needed_by, require_safe
from crm_notifier.adapters.http_client import HttpClient
from crm_notifier.adapters.salesforce import Erasure, SalesforceCrm
from crm_notifier.adapters.salesforce_rest import SalesforceRest
from crm_notifier.adapters.salesforce_tokens import (
    Grant,
    Tokens,
    client_credentials,
    jwt_bearer,
    private_key,
)
from crm_notifier.mapping import CrmMap

_Needed = Annotated[str | None, AfterValidator(needed_by("salesforce"))]


class SalesforceAccess(CrmAccess):
    """An address and an app there: with a secret, or with a key that signs for a user."""

    salesforce_url: _Needed = Field(default=None, validate_default=True)
    """`https://MY-DOMAIN.my.salesforce.com`."""
    salesforce_version: str = Field(default="v67.0", pattern=r"^v(6[1-9]|[7-9]\d|\d{3})\.0$")
    """Of the REST API; from v61.0 on it can be told to make no record (`updateOnly`)."""
    salesforce_client_id: _Needed = Field(default=None, validate_default=True)
    """The app's consumer key."""
    salesforce_username: str | None = Field(default=None, min_length=1)
    """For whom the app signs; without it the app's secret is the way in."""
    salesforce_private_key: SecretStr | None = Field(default=None, validate_default=True)
    """RSA, as PEM; the app has its certificate."""
    salesforce_audience: str = "https://login.salesforce.com"
    """Whom a signature is for; a sandbox is `https://test.salesforce.com`."""
    salesforce_client_secret: SecretStr | None = Field(default=None, validate_default=True)
    """The app's consumer secret."""
    salesforce_erasure: Erasure = "empty"
    """Whether the contact of whom is erased is emptied of what we wrote, or deleted."""

    @field_validator("salesforce_url")
    @classmethod
    def _safe_salesforce_url(cls, url: str | None, info: ValidationInfo) -> str | None:
        if url is not None:
            require_safe(url, private=bool(info.data.get("private_network")))
        return url

    @field_validator("salesforce_private_key")
    @classmethod
    def _usable_salesforce_key(
        cls, key: SecretStr | None, info: ValidationInfo
    ) -> SecretStr | None:
        if key is not None:
            private_key(key.get_secret_value())
        elif _is_chosen(info) and info.data.get("salesforce_username"):
            raise PydanticCustomError("missing", "needed to sign for the user")
        return key

    @field_validator("salesforce_client_secret")
    @classmethod
    def _a_way_into_salesforce(
        cls, secret: SecretStr | None, info: ValidationInfo
    ) -> SecretStr | None:
        if secret is None and _is_chosen(info) and not info.data.get("salesforce_username"):
            raise PydanticCustomError("missing", "needed where no user is signed for")
        return secret

    salesforce_tasks: bool = True
    """Whether what happened is told by tasks, whose key is a field of Activity."""


def connect(access: SalesforceAccess, http: HttpClient, crm_map: CrmMap) -> SalesforceCrm:
    """Make the adapter from what the operator said."""
    url = access.salesforce_url or ""
    rest = SalesforceRest(http, Tokens(http, url, _grant(access)), access.salesforce_version)
    return SalesforceCrm(
        rest,
        crm_map,
        file_links=access.file_links_base,
        erasure=access.salesforce_erasure,
        tasks=access.salesforce_tasks,
    )


def _grant(access: SalesforceAccess) -> Grant:
    client_id = access.salesforce_client_id or ""
    if access.salesforce_username is None:
        return client_credentials(client_id, given(access.salesforce_client_secret))
    return jwt_bearer(
        client_id,
        access.salesforce_username,
        private_key(given(access.salesforce_private_key)),
        audience=access.salesforce_audience,
    )


def _is_chosen(info: ValidationInfo) -> bool:
    return info.data.get("crm") == "salesforce"
