"""What agentctl knows of an installation: from variables, or from a stack that runs here."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import ConfigDict, Field, SecretStr, ValidationError, field_validator

from agentctl import crms
from domain.topics import ALL, Topic, parked_by_crm_notifier, redriven_to_crm_notifier
from file_manager.adapters.s3_bucket import Bucket
from file_manager.settings import HostAndPort
from session_core.adapters.postgres_address import complaint
from session_core.settings import DatabaseSettings, OperatorSettings
from streaming.kafka import KafkaSettings
from streaming.kafka_way import KafkaWay
from streaming.refusing import fault, like, refusal

PREFIX = "AGENT_"
ENDPOINTS = Path(".run") / "endpoints.json"
_TEXTS = ("topic_prefix",)
_JSON = frozenset({"phone_number_ids", "services", "crm_names"})
_OF_KUBERNETES = re.compile(r"_(SERVICE_HOST|(SERVICE_)?PORT(_\w+)?)$")
"""How it names variables of each Service of a namespace, one called `agent-…` included."""
_Filled: TypeAlias = Annotated[str, Field(min_length=1)]
_BROKER = r"(\[[0-9a-fA-F:.]+\]|[^\s,:\[\]]+)(:[0-9]{1,5})?"
_Brokers: TypeAlias = Annotated[
    str, like(rf"{_BROKER}(\s*,\s*{_BROKER})*", "must be host:port, several with commas between")
]
_Name: TypeAlias = Annotated[
    str, like(r"[a-z][a-z0-9-]{0,39}", "must be small letters, digits and hyphens, 40 at most")
]


class NotKnown(Exception):
    """Something that is needed was not said. Names the variable."""


class WrongVariables(Exception):
    """The variables cannot be used. Names them, never their values."""


class Installation(KafkaWay):
    """Where everything is, as far as it was said. Variables begin with `AGENT_`."""

    model_config = ConfigDict(
        frozen=True, hide_input_in_errors=True, extra="forbid", use_attribute_docstrings=True
    )

    kafka_bootstrap_servers: _Brokers | None = None
    """Addresses of Kafka, with commas between."""
    topic_prefix: str = ""
    """Of topics, groups and transactional ids."""
    database_url: SecretStr | None = None
    """PostgreSQL of session-core: `postgresql://…?sslmode=verify-full&sslrootcert=/path`."""
    graph_url: _Filled | None = None
    """Meta's Graph API: `https://graph.facebook.com`."""
    graph_version: _Filled = "v24.0"
    """Of the Graph API."""
    access_token: SecretStr | None = None
    """That of sender and file-manager."""
    phone_number_ids: tuple[_Filled, ...] = ()
    """The business numbers, as a JSON list of their ids."""
    business_account_id: _Filled | None = None
    """The WhatsApp Business Account that the numbers belong to."""
    app_id: _Filled | None = None
    """The app whose webhooks ingress gets."""
    app_secret: SecretStr | None = None
    """Signs webhooks that are redriven, and asks Meta what the app hears of."""
    verify_token: SecretStr | None = None
    """What the handshake of ingress needs."""
    ingress_url: _Filled | None = None
    """Where ingress can be reached from here, such as `http://ingress:8080`."""
    webhook_url: _Filled | None = None
    """What Meta calls, such as `https://chat.example.com/webhook`."""
    s3_endpoint_url: _Filled | None = None
    """Of a storage other than AWS."""
    s3_bucket: _Filled | None = None
    """Where files are kept."""
    s3_credentials: Literal["static", "chain"] = "static"
    """`chain` finds them as Amazon's clients do: web identity, container, instance."""
    s3_access_key_id: _Filled | None = None
    """Of static credentials."""
    s3_secret_access_key: SecretStr | None = None
    """The key's other half."""
    s3_region: _Filled = "us-east-1"
    """Of the bucket."""
    s3_ca_file: Path | None = None
    """Whom to trust as the endpoint, instead of the usual CAs."""
    clamd_address: HostAndPort | None = None
    """Where ClamAV's daemon listens, `host:port`; none where files are not scanned."""
    crm_url: SecretStr | None = None
    """Where crm-notifier sends; secret, because such addresses often carry a token."""
    crm_urls: Mapping[str, SecretStr] = Field(default_factory=dict)
    """Where the CRM called `name` is told; of `old-erp` it is `AGENT_CRM_URL_OLD_ERP`."""
    crm_names: tuple[_Name, ...] = ()
    """JSON list of the names of CRMs (`CRM_NOTIFIER_NAME`), but for those with an address above."""
    flows_dir: Path | None = None
    """The flows of session-core."""
    services: Mapping[str, str] = Field(default_factory=dict)
    """JSON object: addresses of `/readyz` by service, such as `{"sender": "http://sender:8080"}`."""
    operator: str = "unknown"
    """Who is at work; written down beside every act."""
    timeout_seconds: float = Field(default=10.0, gt=0)
    """How long an answer may take."""

    def kafka(self, role: str = "") -> KafkaSettings:
        """Give how to reach Kafka. Raises NotKnown."""
        if self.kafka_bootstrap_servers is None:
            raise _missing("kafka_bootstrap_servers")
        return self.to_kafka(self.kafka_bootstrap_servers, f"agentctl{role}", self.topic_prefix)

    def bucket(self) -> Bucket | None:
        """Give the bucket that files are kept in, if it was said."""
        if self.s3_bucket is None:
            return None
        is_static = self.s3_credentials == "static"
        return Bucket(
            name=self.s3_bucket,
            endpoint_url=self.s3_endpoint_url,
            region=self.s3_region,
            access_key_id=self.s3_access_key_id if is_static else None,
            secret_access_key=self.s3_secret_access_key if is_static else None,
            ca=self.s3_ca_file,
            answer_seconds=self.timeout_seconds,
        )

    def topics(self) -> tuple[Topic, ...]:
        """Give every topic that the installation needs."""
        named = (
            topic
            for name in self.crm_names
            for topic in (parked_by_crm_notifier(name), redriven_to_crm_notifier(name))
        )
        return (*ALL, *named)

    def database(self) -> str:
        """Give the address of PostgreSQL. Raises NotKnown."""
        if self.database_url is None:
            raise _missing("database_url")
        return self.database_url.get_secret_value()

    def store(self) -> DatabaseSettings:
        """Give what session-core's own looks at its store go by. Raises NotKnown."""
        return DatabaseSettings(database_url=SecretStr(self.database()))

    def session_core(self) -> OperatorSettings:
        """Give what session-core's own operator commands go by. Raises NotKnown."""
        if self.kafka_bootstrap_servers is None:
            raise _missing("kafka_bootstrap_servers")
        way = {field: getattr(self, field) for field in KafkaWay.model_fields}
        return OperatorSettings(
            **way,
            database_url=SecretStr(self.database()),
            kafka_bootstrap_servers=self.kafka_bootstrap_servers,
            topic_prefix=self.topic_prefix,
        )

    @classmethod
    def variable(cls, field: str) -> str:
        """Give the name of a field's variable."""
        return variable(field)

    @field_validator("database_url")
    @classmethod
    def _can_be_called(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and (wrong := complaint(url.get_secret_value())) is not None:
            raise refusal(f"{variable('database_url')}: {wrong}")
        return url


INSTEAD: Mapping[str, tuple[str, ...]] = {
    **{field: (f"SESSION_CORE_{field.upper()}",) for field in KafkaWay.model_fields},
    "kafka_bootstrap_servers": ("SESSION_CORE_KAFKA_BOOTSTRAP_SERVERS",),
    "topic_prefix": ("SESSION_CORE_TOPIC_PREFIX",),
    "database_url": ("SESSION_CORE_DATABASE_URL",),
    "graph_url": ("SENDER_GRAPH_URL", "FILE_MANAGER_GRAPH_URL"),
    "graph_version": ("SENDER_GRAPH_VERSION", "FILE_MANAGER_GRAPH_VERSION"),
    "access_token": ("SENDER_ACCESS_TOKEN", "FILE_MANAGER_ACCESS_TOKEN"),
    "phone_number_ids": ("INGRESS_PHONE_NUMBER_IDS",),
    "app_secret": ("INGRESS_APP_SECRET",),
    "verify_token": ("INGRESS_VERIFY_TOKEN",),
    "s3_endpoint_url": ("FILE_MANAGER_S3_ENDPOINT_URL",),
    "s3_bucket": ("FILE_MANAGER_S3_BUCKET",),
    "s3_credentials": ("FILE_MANAGER_S3_CREDENTIALS",),
    "s3_ca_file": ("FILE_MANAGER_S3_CA_FILE",),
    "s3_access_key_id": ("FILE_MANAGER_S3_ACCESS_KEY_ID",),
    "s3_secret_access_key": ("FILE_MANAGER_S3_SECRET_ACCESS_KEY",),
    "s3_region": ("FILE_MANAGER_S3_REGION",),
    "clamd_address": ("FILE_MANAGER_CLAMD_ADDRESS",),
    "crm_url": tuple(f"CRM_NOTIFIER_{crm}_URL" for crm in ("WEBHOOK", "HUBSPOT", "SALESFORCE")),
    "flows_dir": ("SESSION_CORE_FLOWS_DIR",),
    "operator": ("SUDO_USER", "USER"),
}
"""Variables that say the same, in this order, where agentctl's own is absent."""


def variable(field: str) -> str:
    """Give the name of a field's variable."""
    return crms.variable_of("name") if field == "crm_urls" else PREFIX + field.upper()


def is_told(environ: Mapping[str, str]) -> bool:
    """Say whether any of agentctl's own variables is there."""
    return any(name.startswith(PREFIX) for name in environ)


def from_variables(environ: Mapping[str, str]) -> Installation:
    """Read the variables. Raises WrongVariables."""
    known = set(map(variable, Installation.model_fields))
    own = {name for name in environ if name.startswith(PREFIX)}
    unknown = {name for name in own - known if not _is_of_others(name)}
    if unknown:
        raise WrongVariables(f"unknown: {', '.join(sorted(unknown))}")
    told = {
        field: _read(field, given)
        for field in Installation.model_fields
        if (given := _given(field, environ)) is not None
    }
    try:
        return Installation.model_validate({**told, **_crms(environ, told.get("crm_names", []))})
    except ValidationError as error:
        raise _wrong(error) from None


def from_endpoints(path: Path, environ: Mapping[str, str]) -> Installation:
    """Read where a stack of the devstack is. Raises WrongVariables."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return Installation.model_validate(_of_stack(told, path.parent.parent, environ))
    except OSError as error:
        raise WrongVariables(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise WrongVariables(f"{path} cannot be read: {type(error).__name__}") from None


def endpoints_above(folder: Path) -> Path | None:
    """Find the endpoints of the stack whose checkout `folder` is in."""
    places = (above / ENDPOINTS for above in (folder, *folder.parents))
    return next((place for place in places if place.is_file()), None)


def _of_stack(told: Mapping[str, Any], root: Path, environ: Mapping[str, str]) -> dict[str, Any]:
    platform, bucket = told["whatsapp"], told["s3"]
    return {
        "kafka_bootstrap_servers": told["kafka"],
        "database_url": told["postgres"],
        "graph_url": platform["graph_url"],
        "access_token": platform["access_token"],
        "phone_number_ids": (platform["phone_number_id"],),
        "business_account_id": platform.get("business_account_id"),
        "app_id": platform.get("app_id"),
        "app_secret": platform["app_secret"],
        "verify_token": platform["verify_token"],
        "ingress_url": told["ingress"],
        "webhook_url": f"{told['ingress']}/webhook",
        **{f"s3_{name}": bucket[name] for name in ("endpoint_url", "bucket", "access_key_id")},
        "s3_secret_access_key": bucket["secret_access_key"],
        "s3_region": bucket["region"],
        "crm_url": f"{told['simulator']}/crm/webhooks",
        "flows_dir": root / "flows",
        "services": {name: one["url"] for name, one in told["services"].items()},
        "operator": _given("operator", environ) or "unknown",
    }


def _is_of_others(name: str) -> bool:
    return crms.is_address(name) or _OF_KUBERNETES.search(name) is not None


def _crms(environ: Mapping[str, str], names: Any) -> Mapping[str, Any]:
    addresses = dict(crms.addresses(environ))
    first = addresses.pop(crms.FIRST, None)
    known = [*names, *(sorted(addresses.keys() - set(names)))] if _are_words(names) else names
    return {"crm_url": first, "crm_urls": addresses, "crm_names": known}


def _are_words(given: Any) -> bool:
    return isinstance(given, list) and all(isinstance(one, str) for one in given)


def _given(field: str, environ: Mapping[str, str]) -> str | None:
    names = (variable(field), *INSTEAD.get(field, ()))
    found = (environ[name] for name in names if name in environ)
    return next((given for given in found if given or field in _TEXTS), None)


def _read(field: str, given: str) -> Any:
    if field not in _JSON:
        return given
    try:
        return json.loads(given)
    except ValueError:
        raise WrongVariables(f"{variable(field)} is not valid JSON") from None


def _wrong(error: ValidationError) -> WrongVariables:
    problems = error.errors(include_input=False, include_url=False)
    told = {fault(variable(str(next(iter(one["loc"]), ""))), one) for one in problems}
    return WrongVariables("; ".join(sorted(told)))


def _missing(field: str) -> NotKnown:
    return NotKnown(f"{variable(field)} is missing")
