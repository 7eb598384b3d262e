"""Tokens of Salesforce: by secret or signature, one for all, and what it means to get none."""

import asyncio
from datetime import datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from crm_contract import of_others
from crm_notifier.adapters.salesforce_tokens import client_credentials, jwt_bearer, private_key
from domain.events import SessionCompleted
from domain.ports.crm import CrmPaused, CrmUnavailable
from domain.values import EventId
from salesforce_fake import AUDIENCE, CLIENT, SECRET, USER, FakeSalesforce
from salesforce_world import telling


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


async def test_a_signature_for_the_user_lets_us_in(
    key: rsa.RSAPrivateKey, completed: SessionCompleted, event_id: EventId, at: datetime
) -> None:
    fake = FakeSalesforce(key.public_key())
    grant = jwt_bearer(CLIENT, USER, private_key(pem(key)), audience=AUDIENCE)
    async with telling(fake, grant=grant) as crm:
        await crm.tell(completed, event_id=event_id, at=at)

    assert len(fake.records["Contact"]) == 1


async def test_a_signature_for_somebody_else_does_not(
    key: rsa.RSAPrivateKey, completed: SessionCompleted, event_id: EventId, at: datetime
) -> None:
    fake = FakeSalesforce(key.public_key())
    grant = jwt_bearer(CLIENT, "eve@example.com", private_key(pem(key)), audience=AUDIENCE)
    async with telling(fake, grant=grant) as crm:
        with pytest.raises(CrmPaused, match=r"^token-invalid-grant$"):
            await crm.tell(completed, event_id=event_id, at=at)


async def test_a_wrong_secret_waits_for_a_person(
    completed: SessionCompleted, event_id: EventId, at: datetime
) -> None:
    fake = FakeSalesforce()
    async with telling(fake, grant=client_credentials(CLIENT, "wrong")) as crm:
        with pytest.raises(CrmPaused, match=r"^token-invalid-grant$"):
            await crm.tell(completed, event_id=event_id, at=at)


@pytest.mark.parametrize(
    ("status", "error", "reason"),
    [
        (400, "unknown_error", "token-unknown-error"),
        (500, "server_error", "token-server-error"),
        (503, "temporarily_unavailable", "token-temporarily-unavailable"),
    ],
)
async def test_no_token_for_a_moment_is_asked_for_again(
    status: int,
    error: str,
    reason: str,
    *,
    completed: SessionCompleted,
    event_id: EventId,
    at: datetime,
) -> None:
    fake = FakeSalesforce()
    fake.denials.append((status, error))
    async with telling(fake, grant=client_credentials(CLIENT, SECRET)) as crm:
        with pytest.raises(CrmUnavailable) as failure:
            await crm.tell(completed, event_id=event_id, at=at)
        await crm.tell(completed, event_id=event_id, at=at)

    assert type(failure.value) is CrmUnavailable
    assert str(failure.value) == reason


async def test_many_who_need_a_token_at_once_take_one(
    completed: SessionCompleted, at: datetime
) -> None:
    fake = FakeSalesforce()
    async with telling(fake) as crm:
        await asyncio.gather(
            *(
                crm.tell(event, event_id=EventId(event.contact_id), at=at)
                for event in of_others(completed, 40)
            )
        )

    assert fake.granted == 1


@pytest.mark.parametrize("instance", ["http://crm.example.com", "ftp://127.0.0.1/", "nowhere"])
async def test_a_token_is_never_shown_to_the_network(
    instance: str, completed: SessionCompleted, event_id: EventId, at: datetime
) -> None:
    fake = FakeSalesforce()
    fake.instance = instance
    async with telling(fake) as crm:
        with pytest.raises(CrmPaused, match=r"^instance-not-https$"):
            await crm.tell(completed, event_id=event_id, at=at)


async def test_where_the_token_is_good_may_not_be_within_our_network(
    completed: SessionCompleted, event_id: EventId, at: datetime
) -> None:
    fake = FakeSalesforce()
    fake.instance = "https://10.0.0.7"
    async with telling(fake) as crm:
        with pytest.raises(CrmPaused, match=r"^private-address$"):
            await crm.tell(completed, event_id=event_id, at=at)


def test_a_key_that_cannot_sign_is_refused_without_a_word_of_it(key: rsa.RSAPrivateKey) -> None:
    curve = pem(ec.generate_private_key(ec.SECP256R1()))
    broken = pem(key)[:400]
    for unusable in (curve, broken, "", "s3cr3t"):
        with pytest.raises(ValueError, match=r"^must be an RSA private key as PEM$"):
            private_key(unusable)
