"""How a service talks to Kafka: codec, keyed runner, parking, tracing, health. No message."""
