"""What speaks to the outside: Kafka, PostgreSQL, S3, HTTP."""
