"""Fixtures for all tests: real Kafka, PostgreSQL and S3 from the devstack, when asked for."""

import pytest

pytest_plugins = ["devstack.testing", "streaming.plain_logs"]
pytest.register_assert_rewrite("domain.session.testing")
