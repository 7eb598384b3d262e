"""The doctor says which topics are wrong, and how to put them right."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from agentctl.adapters.kafka_cluster import FoundPartition, FoundTopic
from agentctl.checks.topics import judge
from agentctl.findings import Finding
from domain.topics import ALL

SAFE = {"min.insync.replicas": "2"}


def found(copies: int = 3, partitions: int = 12) -> dict[str, FoundTopic]:
    replicas = list(range(1, copies + 1))
    one = FoundPartition(leader=1, replicas=replicas, in_sync=replicas)
    return {topic.name: FoundTopic([one] * partitions, {**topic.settings, **SAFE}) for topic in ALL}


def with_settings(topic: FoundTopic, **settings: str) -> FoundTopic:
    named = {name.replace("_", "."): value for name, value in settings.items()}
    return replace(topic, settings={**topic.settings, **named})


def problems(topics: Mapping[str, FoundTopic], *, brokers: int = 3) -> Sequence[Finding]:
    return [one for one in judge(topics, brokers=brokers) if one.state != "ok"]


def test_topics_as_the_domain_wants_them_are_fine() -> None:
    [finding] = judge(found(), brokers=3)

    assert (finding.state, "12 partitions" in finding.what) == ("ok", True)


def test_a_missing_topic_is_named_with_the_command_that_makes_it() -> None:
    topics = found()
    del topics["webhook-parked"]

    [problem] = problems(topics)

    assert problem.what == "missing: webhook-parked"
    assert problem.mend == "run `agentctl topics create --replication-factor 3`"


def test_commands_and_events_with_different_counts_are_refused() -> None:
    topics = found()
    topics["session-events"] = found(partitions=6)["session-events"]

    [problem] = problems(topics)

    assert problem.state == "failed"
    assert "12 partitions" in problem.what
    assert "session-core does not start" in problem.what


def test_a_setting_that_was_changed_is_told_with_the_way_back() -> None:
    topics = found()
    topics["session-events"] = with_settings(topics["session-events"], retention_ms="3600000")

    [problem] = problems(topics)

    assert problem.what == "session-events has retention.ms=3600000"
    assert problem.mend.endswith(
        "--alter --topic session-events --add-config retention.ms=[2592000000]"
    )


def test_the_order_of_cleanup_policies_does_not_matter() -> None:
    topics = found()
    ledger = with_settings(topics["sender-ledger"], cleanup_policy="delete,compact")

    assert problems({**topics, "sender-ledger": ledger}) == []


def test_a_partition_that_nobody_leads_is_told() -> None:
    topics = found()
    headless = FoundPartition(leader=-1, replicas=[1, 2, 3], in_sync=[])
    topics["session-events"] = replace(topics["session-events"], partitions=[headless] * 12)

    assert any("has no leader" in one.what for one in problems(topics))


def test_replicas_out_of_sync_are_a_warning() -> None:
    topics = found()
    behind = FoundPartition(leader=1, replicas=[1, 2, 3], in_sync=[1, 2])
    topics["session-events"] = replace(topics["session-events"], partitions=[behind] * 12)

    [problem] = problems(topics)

    assert (problem.state, "out of sync" in problem.what) == ("warning", True)


def test_too_few_copies_fail_where_there_are_brokers_for_more() -> None:
    [problem] = problems(found(copies=1))

    assert problem.state == "failed"
    assert problem.what.startswith("fewer than 3 replicas")


def test_one_broker_is_a_warning_since_a_laptop_has_no_more() -> None:
    [problem] = problems(found(copies=1), brokers=1)

    assert problem.state == "warning"


def test_one_copy_that_suffices_for_a_write_fails_where_there_are_three() -> None:
    topics = {name: with_settings(one, min_insync_replicas="1") for name, one in found().items()}

    [problem] = problems(topics)

    assert problem.what.startswith("min.insync.replicas below 2")


def test_names_have_the_prefix_of_the_installation() -> None:
    topics = found()
    del topics["webhook-parked"]
    [missing] = [one for one in judge(topics, brokers=3, prefix="blue-") if one.state != "ok"]

    assert missing.what == "missing: blue-webhook-parked"
