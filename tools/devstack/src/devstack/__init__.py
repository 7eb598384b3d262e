"""Kafka, PostgreSQL, S3, the services and the simulator as processes of this machine."""
