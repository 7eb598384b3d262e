"""Options that the flow finds out: one for each item of a list."""

from domain.messages import OutboundButtons, OutboundList, OutboundText
from domain.session.testing import Given, Spoken

SHOP = """
  - id: slots
    lookup: {name: appointment-slots, query: {}}
    not_found: none
    failed: none
  - id: slot
    ask: "When?"
    choice:
      each:
        of: slots.free
        title: "date(item.at, 'short') + ' ' + time(item.at)"
        description: item.who
      options: [{id: later, title: Another day}]
  - {id: end, complete: {outcome: booked, say: "{{ slot }}!", data: {slot: slot}}}
  - {id: none, complete: {outcome: none, say: Nothing is free.}}
"""
FREE = [
    {"id": "a", "at": "2026-11-24T10:00:00+01:00", "who": "Dr. Ruiz"},
    {"id": "b", "at": "2026-11-25T11:30:00+01:00", "who": "Dr. Sanz"},
]


def found(free: object) -> Spoken:
    asked = Given.flow(SHOP, "time_zone: Europe/Madrid").nobody().hears("hi")
    return asked.is_told(free=free)


def test_each_item_becomes_an_option_before_those_that_are_written_down() -> None:
    (shown,) = found(FREE).replies

    assert isinstance(shown, OutboundList)
    assert [(row.title, row.description) for row in shown.rows] == [
        ("11/24/26 10:00 AM", "Dr. Ruiz"),
        ("11/25/26 11:30 AM", "Dr. Sanz"),
        ("Another day", None),
    ]


def test_what_is_tapped_is_kept_by_its_id_and_said_by_its_title() -> None:
    spoken = found(FREE)
    (shown,) = spoken.replies
    assert isinstance(shown, OutboundList)
    done = spoken.taps(shown.rows[1].title)

    assert done.session.answers == {"slot": "b"}
    assert done.words == "11/25/26 11:30 AM!"


def test_an_option_can_be_typed() -> None:
    assert found(FREE).hears("another day").session.answers == {"slot": "later"}


def test_of_many_items_as_many_are_offered_as_a_list_can_hold() -> None:
    (shown,) = found(
        [{"id": str(n), "at": "2026-11-24T10:00:00Z", "who": ""} for n in range(30)]
    ).replies

    assert isinstance(shown, OutboundList)
    assert len(shown.rows) == 10
    assert shown.rows[-1].title == "Another day"


def test_items_without_id_or_title_and_such_as_come_twice_are_left_out() -> None:
    (shown,) = found(
        [FREE[0], FREE[0], {"at": "2026-11-24T10:00:00Z"}, {"id": "x"}, 5, None]
    ).replies

    assert isinstance(shown, OutboundList)
    assert [row.id for row in shown.rows] == ["slot:a", "slot:later"]


def test_what_is_no_list_offers_what_is_written_down() -> None:
    (shown,) = found("none").replies

    assert isinstance(shown, OutboundButtons)
    assert [button.title for button in shown.buttons] == ["Another day"]


def test_a_question_with_nothing_to_choose_is_asked_in_words_and_its_retries_lead_on() -> None:
    steps = SHOP.replace(
        "      options: [{id: later, title: Another day}]\n",
        "    retries: 0\n    otherwise: none\n",
    )
    spoken = Given.flow(steps).nobody().hears("hi").is_told(free=[])

    assert isinstance(spoken.replies[0], OutboundText)
    assert spoken.hears("tomorrow").words == "Nothing is free."


def test_an_option_is_understood_by_its_id_too() -> None:
    spoken = found(FREE)
    tapped = spoken.hears("b")

    assert tapped.session.answers == {"slot": "b"}
