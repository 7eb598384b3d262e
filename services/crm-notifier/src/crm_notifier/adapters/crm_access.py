"""What an operator says of any CRM; each adapter adds what its own needs."""

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from crm_notifier.adapters.http_addresses import OURSELVES, is_private_literal
from crm_notifier.adapters.stored_files import Files
from streaming.refusing import Unfit, refusal

Given = TypeVar("Given")


class CrmAccess(BaseModel):
    """Read from variables that begin with `CRM_NOTIFIER_`."""

    crm: str
    private_network: bool = False
    """Allow a CRM within private networks, such as one in the same cluster."""
    file_links_base: str | None = Field(default=None, pattern=r"^https?://[^\s]+$")
    """Before `/files/…` in what a CRM is told of a file; without it it is told no address."""
    files_url: str | None = Field(default=None, pattern=r"^https?://[^\s]+$")
    """Where file-manager answers `GET /files/…`; from there a CRM that can hold files gets them."""
    files_token: SecretStr | None = Field(default=None, validate_default=True)
    """The token that file-manager asks for. With it files are attached, without it they are not."""
    files_hosts: frozenset[str] = frozenset()
    """As JSON: hosts within private networks that file-manager's links may lead to."""

    @field_validator("files_token")
    @classmethod
    def _of_an_address(cls, token: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if (token is None) != (info.data.get("files_url") is None):
            raise refusal("CRM_NOTIFIER_FILES_URL and CRM_NOTIFIER_FILES_TOKEN go together")
        return token

    def files(self) -> Files | None:
        """Give where files are had from, if they are to be."""
        if self.files_url is None or self.files_token is None:
            return None
        return Files(self.files_url, self.files_token)

    def inside(self) -> frozenset[str]:
        """Give the hosts that may be within our own network, besides those of this machine."""
        own = urlsplit(self.files_url or "").hostname
        return self.files_hosts | ({own} if own else frozenset())


def needed_by(crm: str) -> Callable[[Given | None, ValidationInfo], Given | None]:
    """Make the check of a field that may stay empty only where another CRM is told.

    For `AfterValidator`, on a field with `validate_default`.
    """

    def check(given: Given | None, info: ValidationInfo) -> Given | None:
        if given is None and info.data.get("crm") == crm:
            raise PydanticCustomError("missing", f"needed where the CRM is {crm}")
        return given

    return check


def require_safe(url: str, *, plain: bool = False, private: bool = False) -> None:
    """Raise Unfit where an address cannot be called, or would show people to the network.

    `plain` allows http to another machine, `private` an address of a private network.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:  # its words may quote the address
        raise Unfit("must be a web address") from None
    if not host or parts.scheme not in {"http", "https"}:
        raise Unfit("must be a web address")
    if parts.scheme == "http" and not plain and host not in OURSELVES:
        raise Unfit("must be https")
    if not private and is_private_literal(host):
        raise Unfit("must not lead into a private network")


def given(secret: SecretStr | None) -> str:
    """Return what validation has made sure of."""
    if secret is None:
        raise ValueError("the settings were not validated")
    return secret.get_secret_value()
