"""A human has a session for as long as the flow lends it; then the bot takes it back."""

from datetime import timedelta

from domain.events import SessionHandedOff
from domain.session.testing import Given, Spoken

HOUR = timedelta(hours=1)
SHOP = """
  - {id: name, ask: "Name?", text: {}}
  - {id: human, hand_off: {team: care, say: Wait., note: "{{ name }} waits", lease: {after: 2h}}}
  - {id: size, ask: "How big?", number: {}}
  - {id: end, complete: {outcome: done}}
  - {id: sorry, say: "Sorry, nobody has time.", next: size}
"""
AGENT = "agent: {words: [agent], say: Coming., team: shop, lease: {after: 1h}}"


def handed(spoken: Spoken) -> SessionHandedOff:
    event = spoken.happened[-1]
    assert isinstance(event, SessionHandedOff)
    return event


def lent(lease: str = "{after: 2h}", head: str = "") -> Spoken:
    steps = SHOP.replace("{after: 2h}", lease)
    if "sorry" not in lease + head:
        steps = steps.partition("  - {id: sorry")[0]
    return Given.flow(steps, head).nobody().hears("hi").hears("Ana")


def test_a_colleague_learns_until_when_the_session_is_theirs() -> None:
    spoken = lent()

    assert handed(spoken).lease_until == spoken.now + 2 * HOUR
    assert (handed(spoken).team, handed(spoken).personal.note) == ("care", "Ana waits")


def test_the_bot_takes_the_session_back_and_goes_on_after_the_step() -> None:
    back = lent().after(2 * HOUR)

    assert back.types == ["session.released.v1", "reply.requested.v1"]
    assert back.words == "How big?"


def test_the_bot_goes_on_where_the_lease_says() -> None:
    back = lent("{after: 2h, to: sorry}").after(2 * HOUR)

    assert back.words == "Sorry, nobody has time.\n\nHow big?"


def test_what_the_person_writes_does_not_prolong_the_lease() -> None:
    back = lent().after(HOUR).hears("hello?").after(HOUR)

    assert back.words == "How big?"


def test_a_session_that_was_given_back_in_time_is_not_taken_back_again() -> None:
    released = lent().after(HOUR).is_released()

    assert released.words == "How big?"
    assert released.after(HOUR).happened == ()


def test_whoever_asks_for_a_human_is_given_one_for_as_long_as_the_flow_says() -> None:
    asked = Given.flow(SHOP.partition("  - {id: sorry")[0], AGENT).nobody().hears("hi")
    human = asked.hears("agent")

    assert (human.words, handed(human).team) == ("Coming.", "shop")
    assert handed(human).lease_until == human.now + HOUR
    assert human.after(HOUR).words == "Name?"


def test_after_a_human_whom_nobody_found_the_flow_may_go_elsewhere() -> None:
    head = AGENT.replace("{after: 1h}", "{after: 1h, to: sorry}")
    human = Given.flow(SHOP, head).nobody().hears("hi").hears("agent")

    assert human.after(HOUR).words == "Sorry, nobody has time.\n\nHow big?"


def test_an_operator_who_takes_a_session_has_it_without_end() -> None:
    taken = lent().is_released().is_handed_off()

    assert "hand-off-lease" not in taken.deadlines
    assert taken.after(71 * HOUR).happened == ()


def test_a_lease_in_a_called_flow_leads_on_in_that_flow() -> None:
    help_flow = """
steps:
  - {id: human, hand_off: {say: Wait., lease: {after: 1h, to: gone}}}
  - {id: end, complete: {outcome: helped}}
  - {id: gone, complete: {outcome: nobody, say: Nobody is here.}}
"""
    steps = """
  - {id: helping, call: {flow: help}}
  - {id: end, complete: {outcome: done, say: "It ended: {{ helping.outcome }}"}}
"""
    spoken = Given.flow(steps, help=help_flow).nobody().hears("hi")

    assert spoken.after(HOUR).words == "Nobody is here.\n\nIt ended: nobody"
    assert spoken.is_released().words == "It ended: helped"


def test_after_days_with_a_human_the_person_has_all_the_time_to_answer_the_bot() -> None:
    released = lent("{after: 10d}").after(200 * HOUR).is_released()

    assert released.words == "How big?"
    assert released.after(71 * HOUR).happened == ()
    assert released.after(72 * HOUR).types == ["session.expired.v1"]
