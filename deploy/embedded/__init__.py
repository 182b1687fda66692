"""PostgreSQL, nats-server and SeaweedFS from their wheels, run as children of one supervisor on one machine."""
