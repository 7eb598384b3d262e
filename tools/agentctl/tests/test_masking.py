"""What is personal is shown to nobody who did not ask for it."""

from agentctl.masking import masked


def test_everything_under_personal_is_hidden_but_the_kind_of_a_message() -> None:
    data = {
        "contact_id": "c",
        "personal": {"from": "1555", "message": {"type": "text", "text": "hi", "n": 3}},
    }

    assert masked("message.received.v1", data) == {
        "contact_id": "c",
        "personal": {"from": "•••", "message": {"type": "text", "text": "•••", "n": "•••"}},
    }


def test_personal_parts_are_found_at_any_depth() -> None:
    data = {"echoes": [{"at": "now", "personal": {"wa_id": "1555", "names": ["Ana"]}}]}

    assert masked("account.updated.v1", data) == {
        "echoes": [{"at": "now", "personal": {"wa_id": "•••", "names": ["•••"]}}]
    }


def test_what_meta_said_of_the_account_is_hidden_as_it_came() -> None:
    data = {"field": "history", "value": {"threads": ["Ana"]}, "update": {"type": "history"}}

    assert masked("account.updated.v1", data) == {
        "field": "history",
        "value": "•••",
        "update": {"type": "history"},
    }


def test_a_type_that_a_person_could_have_written_is_hidden() -> None:
    data = {"personal": {"type": {"text": "hi"}}}

    assert masked("x.v1", data) == {"personal": {"type": {"text": "•••"}}}
