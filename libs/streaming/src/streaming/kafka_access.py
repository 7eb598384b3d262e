"""What a service is told of Kafka: where it is, and how to get in."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from streaming.kafka import KafkaSettings
from streaming.kafka_way import KafkaWay


class KafkaAccess(KafkaWay, BaseSettings):
    """The settings that every service has; its own come on top, and the prefix of all."""

    model_config = SettingsConfigDict(hide_input_in_errors=True)

    kafka_bootstrap_servers: str = Field(min_length=1)
    """`host:port` of the brokers to ask first, several by comma."""
    topic_prefix: str = ""
    """Of topics, groups and transactional ids: lets two installations share a cluster."""

    @classmethod
    def variable(cls, field: str) -> str:
        """Give the name of the variable that says it."""
        return f"{cls.model_config.get('env_prefix', '')}{field}".upper()

    def kafka(self, client_id: str) -> KafkaSettings:
        """Give what the clients of this process are made from."""
        return self.to_kafka(self.kafka_bootstrap_servers, client_id, self.topic_prefix)
