"""Fixtures for all tests: real Kafka, PostgreSQL and S3 from the devstack, when asked for."""

import hypothesis.internal.observability  # noqa: F401 - see below
import pytest

# Hypothesis' plugin imports the module above only in pytest's last moments. Compiled after tests
# of very deep JSON, it ended whole runs with "AST constructor recursion depth mismatch" (CPython
# 3.11.7); imported first, it is no longer compiled there.
pytest_plugins = ["devstack.testing", "streaming.plain_logs"]
pytest.register_assert_rewrite("domain.session.testing")
