"""What the address of the database may say of TLS, and what is refused in which words."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from devstack.authority import Authority
from session_core.settings import DatabaseSettings
from streaming.service import settings_or_exit

ADDRESS = "postgresql://agent:a-secret@db.test/agent"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


def complaint(query: str) -> str:
    with pytest.raises(ValidationError) as raised:
        DatabaseSettings(database_url=f"{ADDRESS}?{query}")
    assert "a-secret" not in str(raised.value)
    [problem] = raised.value.errors()
    return problem["msg"].removeprefix("SESSION_CORE_DATABASE_URL: ")


def test_an_address_needs_to_say_nothing_of_tls() -> None:
    settings = DatabaseSettings(database_url=ADDRESS)

    assert settings.database_url.get_secret_value() == ADDRESS


def test_an_address_can_name_whom_to_trust_and_who_we_are(authority: Authority) -> None:
    ours = authority.certificate("agent@example.org", password="an-other")
    query = (
        f"sslmode=verify-full&sslrootcert={authority.file}"
        f"&sslcert={ours.chain}&sslkey={ours.key}&sslpassword=an-other"
    )

    DatabaseSettings(database_url=f"{ADDRESS}?{query}")


def test_what_cannot_work_is_refused_in_words(authority: Authority, tmp_path: Path) -> None:
    missing = tmp_path / "ca.pem"
    ours = authority.certificate("agent@example.org", password="an-other")
    full = f"sslmode=verify-full&sslrootcert={authority.file}"

    assert complaint("sslmode=verify_all").startswith("sslmode is none of disable, allow,")
    assert complaint("sslmode=verify-full") == (
        "sslmode=verify-full needs sslrootcert, the file of the CA"
    )
    assert complaint("sslmode=verify-ca&sslrootcert=system").startswith("sslrootcert names a file")
    assert complaint(f"sslmode=verify-full&sslrootcert={missing}") == (
        f"{missing} cannot be read: No such file or directory"
    )
    assert complaint(f"{full}&sslcert={ours.chain}&sslkey={ours.key}&sslpassword=wrong") == (
        f"{ours.key} cannot be opened: no key in PEM, or another password"
    )


def test_the_refusal_ends_the_start_in_one_line_without_the_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SESSION_CORE_DATABASE_URL", f"{ADDRESS}?sslmode=verify-full")

    with pytest.raises(SystemExit) as ended:
        settings_or_exit(DatabaseSettings)

    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        "cannot start: SESSION_CORE_DATABASE_URL:"
        " sslmode=verify-full needs sslrootcert, the file of the CA\n"
    )
