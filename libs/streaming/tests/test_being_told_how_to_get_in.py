"""What the settings for Kafka allow, and what they refuse in which words."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from pydantic_settings import SettingsConfigDict

from devstack.authority import Authority
from streaming import service
from streaming.kafka import broker
from streaming.kafka_access import KafkaAccess
from streaming.kafka_way import KafkaWay

SECRET = "correct horse battery staple"
SCRAM = {
    "kafka_security_protocol": "SASL_SSL",
    "kafka_sasl_mechanism": "SCRAM-SHA-512",
    "kafka_sasl_username": "agent",
    "kafka_sasl_password": SECRET,
}
TOKEN = {
    "kafka_security_protocol": "SASL_SSL",
    "kafka_sasl_mechanism": "OAUTHBEARER",
    "kafka_oauth_token_url": "https://login.example/token",
    "kafka_oauth_client_id": "agent",
    "kafka_oauth_client_secret": SECRET,
}
NO_TLS = {**SCRAM, "kafka_security_protocol": "SASL_PLAINTEXT"}


class Settings(KafkaAccess):
    """As a service has them."""

    model_config = SettingsConfigDict(env_prefix="SHOP_", frozen=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


def told(**given: Any) -> Settings:
    return Settings(kafka_bootstrap_servers="kafka.test:9093", **given)


def refused(**given: Any) -> str:
    with pytest.raises(ValidationError) as raised:
        told(**given)
    assert SECRET not in str(raised.value)
    [problem] = raised.value.errors()
    return problem["msg"]


def test_a_laptop_needs_nothing_but_an_address() -> None:
    client = told().kafka("shop-1").client()

    assert client["bootstrap_servers"] == ["kafka.test:9093"]
    assert "security_protocol" not in client


@pytest.mark.parametrize(
    ("given", "protocol", "mechanism"),
    [
        ({"kafka_security_protocol": "SSL"}, "SSL", None),
        (SCRAM, "SASL_SSL", "SCRAM-SHA-512"),
        ({**SCRAM, "kafka_sasl_mechanism": "SCRAM-SHA-256"}, "SASL_SSL", "SCRAM-SHA-256"),
        ({**SCRAM, "kafka_sasl_mechanism": "PLAIN"}, "SASL_SSL", "PLAIN"),
        (TOKEN, "SASL_SSL", "OAUTHBEARER"),
        (
            {**NO_TLS, "kafka_allow_plaintext_credentials": True},
            "SASL_PLAINTEXT",
            "SCRAM-SHA-512",
        ),
    ],
)
def test_every_client_is_told_the_same_way_in(
    given: dict[str, Any], protocol: str, mechanism: str | None
) -> None:
    settings = told(**given).kafka("shop-1")

    made = broker(settings)._connection_kwargs  # noqa: SLF001 what FastStream makes clients of
    for client in (settings.client("-own"), made):
        assert client["security_protocol"] == protocol
        assert client.get("sasl_mechanism") == mechanism
        assert client["sasl_oauth_token_provider"] is settings.tokens
        context = client.get("ssl_context")
        assert (context is not None) == protocol.endswith("SSL")
        assert context is None or context.check_hostname


def test_variables_that_are_empty_count_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in KafkaWay.model_fields:
        if field.startswith(("kafka_sasl", "kafka_ssl", "kafka_oauth")):
            monkeypatch.setenv(f"SHOP_{field.upper()}", "")

    assert told().kafka_sasl_mechanism is None


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-512", "PLAIN", "OAUTHBEARER"])
def test_credentials_are_not_sent_unencrypted_unless_that_is_allowed(mechanism: str) -> None:
    given = TOKEN if mechanism == "OAUTHBEARER" else SCRAM
    complaint = refused(
        **{**given, "kafka_security_protocol": "SASL_PLAINTEXT", "kafka_sasl_mechanism": mechanism}
    )

    assert complaint == (
        "SHOP_KAFKA_SECURITY_PROTOCOL would let credentials travel unencrypted:"
        " say SASL_SSL, or set SHOP_KAFKA_ALLOW_PLAINTEXT_CREDENTIALS=true"
    )


def test_a_token_server_is_not_told_the_secret_unencrypted_unless_that_is_allowed() -> None:
    plain = {**TOKEN, "kafka_oauth_token_url": "http://login.example/token"}

    assert "SHOP_KAFKA_OAUTH_TOKEN_URL would let credentials travel unencrypted" in refused(**plain)
    told(**plain, kafka_allow_plaintext_credentials=True)
    told(**{**plain, "kafka_oauth_token_url": "http://127.0.0.1:8080/token"})


@pytest.mark.parametrize(
    "url",
    ["login.example/token", "ftp://login.example/", "https://a:b@login.example/", "https://:x"],
)
def test_a_token_server_that_nobody_finds_is_refused(url: str) -> None:
    complaint = refused(**{**TOKEN, "kafka_oauth_token_url": url})

    assert complaint == "SHOP_KAFKA_OAUTH_TOKEN_URL is not a web address, or tells more than one"


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (
            {"kafka_security_protocol": "SASL_SSL"},
            "SHOP_KAFKA_SASL_MECHANISM is missing",
        ),
        (
            {**SCRAM, "kafka_sasl_password": None},
            "SHOP_KAFKA_SASL_PASSWORD is missing",
        ),
        (
            {**TOKEN, "kafka_oauth_client_secret": ""},
            "SHOP_KAFKA_OAUTH_CLIENT_SECRET is missing",
        ),
        (
            {"kafka_sasl_username": "agent"},
            "SHOP_KAFKA_SASL_USERNAME has no effect with PLAINTEXT",
        ),
        (
            {"kafka_security_protocol": "SSL", "kafka_sasl_mechanism": "PLAIN"},
            "SHOP_KAFKA_SASL_MECHANISM has no effect with SSL",
        ),
        (
            {**SCRAM, "kafka_oauth_client_id": "agent"},
            "SHOP_KAFKA_OAUTH_CLIENT_ID has no effect with SASL_SSL and SCRAM-SHA-512",
        ),
        (
            {**SCRAM, "kafka_sasl_password": SECRET + "\n"},
            "SHOP_KAFKA_SASL_PASSWORD ends with a line break, hardly a part of it",
        ),
    ],
)
def test_what_does_not_fit_together_is_named(given: dict[str, Any], complaint: str) -> None:
    assert refused(**given) == complaint


def test_several_mistakes_are_told_at_once() -> None:
    complaint = refused(kafka_security_protocol="SASL_SSL", kafka_sasl_mechanism="PLAIN")

    assert complaint == "SHOP_KAFKA_SASL_USERNAME is missing; SHOP_KAFKA_SASL_PASSWORD is missing"


def test_certificates_that_are_of_no_use_are_refused_before_the_start(
    authority: Authority, tmp_path: Path
) -> None:
    ours = authority.certificate("shop@example.org", password=SECRET)
    others = authority.certificate("other@example.org")
    nothing, missing = tmp_path / "nothing.pem", tmp_path / "missing.pem"
    nothing.write_text("nothing")

    def complaint(**files: Any) -> str:
        return refused(
            kafka_security_protocol="SSL", **{f"kafka_ssl_{name}": it for name, it in files.items()}
        )

    assert complaint(ca_file=missing) == f"{missing} cannot be read: No such file or directory"
    assert complaint(ca_file=nothing) == f"{nothing} holds no certificate in PEM"
    assert complaint(cert_file=others.chain, key_file=ours.key, key_password=SECRET) == (
        f"{ours.key} is not the key of {others.chain}"
    )
    for password in (None, "wrong"):
        assert complaint(cert_file=ours.chain, key_file=ours.key, key_password=password) == (
            f"{ours.key} cannot be opened: no key in PEM, or another password"
        )
    assert complaint(key_file=others.key) == (
        "SHOP_KAFKA_SSL_CERT_FILE is missing, whose key is given"
    )


def test_a_key_may_lie_in_a_file_of_its_own_or_beside_its_certificate(authority: Authority) -> None:
    apart, together = authority.certificate("a@example.org"), authority.bundle("b@example.org")
    files = (
        {"kafka_ssl_cert_file": apart.chain, "kafka_ssl_key_file": apart.key},
        {"kafka_ssl_cert_file": together},
    )
    clients = [told(kafka_security_protocol="SSL", **one).kafka("shop-1").client() for one in files]

    assert all(client["ssl_context"] for client in clients)


@pytest.mark.parametrize("given", [SCRAM, TOKEN])
def test_no_secret_is_shown_by_settings_or_what_is_made_of_them(given: dict[str, Any]) -> None:
    settings = told(**given)

    assert SECRET not in repr(settings) + str(settings) + repr(settings.kafka("shop-1"))
    assert SECRET not in settings.model_dump_json()


def test_a_refusal_is_one_line_at_the_start_and_quotes_no_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHOP_KAFKA_BOOTSTRAP_SERVERS", "kafka.test:9093")
    for name, value in {**NO_TLS, "kafka_oauth_client_secret": SECRET}.items():
        monkeypatch.setenv(f"SHOP_{name.upper()}", value)

    with pytest.raises(SystemExit) as ended:
        service.settings_or_exit(Settings)

    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        "cannot start: SHOP_KAFKA_OAUTH_CLIENT_SECRET has no effect with SASL_PLAINTEXT and"
        " SCRAM-SHA-512; SHOP_KAFKA_SECURITY_PROTOCOL would let credentials travel unencrypted:"
        " say SASL_SSL, or set SHOP_KAFKA_ALLOW_PLAINTEXT_CREDENTIALS=true\n"
    )
