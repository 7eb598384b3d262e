"""What is done, in terms of what Kafka and the store are asked."""
