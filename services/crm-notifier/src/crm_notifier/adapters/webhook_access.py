"""What an operator says of a CRM that takes signed webhooks."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator

from crm_notifier.adapters.crm_access import CrmAccess, given, needed_by, require_safe
from crm_notifier.adapters.http_client import HttpClient
from crm_notifier.adapters.signed_webhook import SignedWebhook
from crm_notifier.adapters.webhook_signature import signer

_Needed = Annotated[SecretStr | None, AfterValidator(needed_by("webhook"))]


class WebhookAccess(CrmAccess):
    """An address, and one or two secrets to sign with."""

    webhook_plain_http: bool = False
    """Allow http to another machine; what the CRM is told then travels unencrypted."""
    webhook_url: _Needed = Field(default=None, validate_default=True)
    """Secret, because such addresses often carry a token."""
    webhook_secret: _Needed = Field(default=None, validate_default=True)
    """`whsec_` and the base64 of 24 to 64 bytes, or `whsk_` and that of an ed25519 key."""
    webhook_old_secret: SecretStr | None = None
    """The one before, while the receiver still knows only that: each call has both signatures."""

    @field_validator("webhook_url")
    @classmethod
    def _safe_address(cls, url: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if url is not None:
            require_safe(
                url.get_secret_value(),
                plain=bool(info.data.get("webhook_plain_http")),
                private=bool(info.data.get("private_network")),
            )
        return url

    @field_validator("webhook_secret", "webhook_old_secret")
    @classmethod
    def _usable_key(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None:
            signer(secret.get_secret_value())
        return secret


def connect(access: WebhookAccess, http: HttpClient) -> SignedWebhook:
    """Make the adapter from what the operator said."""
    secrets = [access.webhook_secret, access.webhook_old_secret]
    signers = [signer(given(secret)) for secret in secrets if secret is not None]
    return SignedWebhook(
        http, given(access.webhook_url), signers, file_links=access.file_links_base
    )
