"""Takes webhooks in: signed, whole, and kept by Kafka before they are answered."""
