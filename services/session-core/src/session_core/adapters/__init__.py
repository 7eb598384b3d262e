"""PostgreSQL and Kafka behind the ports, and the same in memory."""
