"""Every metric of session-core; the README lists them."""

from prometheus_client import Counter, Gauge, Histogram

_SIZES = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000)
_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)

COMMANDS = Counter("session_core_commands", "Commands that had their effect")
EVENTS = Counter("session_core_events", "Events stored")
PUBLISHED = Counter("session_core_published_events", "Events published")
PARKED = Counter("session_core_parked_commands", "Commands set aside with a reason")
FORWARDED = Counter("session_core_forwarded_commands", "Commands sent on to their home shard")
CONFLICTS = Counter("session_core_conflicts", "Batches decided again on newer knowledge")
LOST = Counter("session_core_lost_shards", "Shards given up because of a failure or another owner")
BATCH_SIZE = Histogram("session_core_batch_size", "Commands in a batch", buckets=_SIZES)
DECIDE_SECONDS = Histogram("session_core_decide_seconds", "Deciding a batch", buckets=_SECONDS)
APPEND_SECONDS = Histogram("session_core_append_seconds", "Storing a batch", buckets=_SECONDS)
PUBLISH_SECONDS = Histogram(
    "session_core_publish_seconds", "One transaction of events", buckets=_SECONDS
)
API_ANSWERS = Counter("session_core_api_answers", "Answers of the query API", ("status",))
HELD = Gauge("session_core_held_shards", "Shards in our hands")
HALTED = Gauge("session_core_halted_shards", "Shards that wait for a person to look")
BEHIND = Gauge("session_core_unpublished_events", "Events stored but not published", ("shard",))
LAG = Gauge("session_core_lag_commands", "Commands written but not handled", ("shard",))
OLDEST = Gauge(
    "session_core_oldest_command_age_seconds",
    "Age of the oldest command that had no effect yet; 0 when there is none",
    ("shard",),
)
DATABASE_UNAVAILABLE = Gauge(
    "session_core_database_unavailable", "1 while PostgreSQL does not answer, else 0"
)
TIMERS_DUE = Gauge(
    "session_core_due_timers", "Timers of our shards that are due and had no effect yet"
)
TIMERS_FIRED = Counter("session_core_fired_timers", "Timers that fired, stale ones too")
TIMER_LATE_SECONDS = Histogram(
    "session_core_timer_late_seconds",
    "From due until the firing stood in session-commands",
    buckets=(0.25, 0.5, 1, 2, 5, 10, 60, 600, 3600),
)
FLOWS_REFUSED = Gauge(
    "session_core_refused_flows", "1 while the flow files are wrong and older ones go on, else 0"
)
FLOW_RELOADS = Counter("session_core_flow_reloads", "Changed flow files that were taken over")
