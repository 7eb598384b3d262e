from datetime import timedelta
from itertools import permutations
from uuid import uuid5

import pytest

from domain import commands, events
from domain.messages import InboundSystem, InboundUnknown
from domain.session import Aliases, Meant, Outdated, Same, addressed, meant, reported
from domain.session.aliases import told_apart
from domain.session.contact import Contact
from domain.session.testing import ANA, NOON, NUMBER, Spoken
from domain.values import NAMESPACE, ContactId

PHONE, NEW_PHONE, USER, OTHER_USER = "wa:1", "wa:2", "bsuid:US.1", "bsuid:US.2"
PARENT, OTHER_PARENT = "parent:US.ENT.1", "parent:US.ENT.2"


def contact(name: str, *names: str, age: int = 0) -> Contact:
    return Contact(
        contact_id=ContactId(uuid5(NAMESPACE, name)),
        phone_number_id=NUMBER,
        names=frozenset(names),
        identified_at=NOON - timedelta(days=age),
    )


def of(*names: str, becomes: tuple[str, ...] = ()) -> Aliases:
    return Aliases(NUMBER, names, becomes)


def test_nobody_is_meant_by_names_that_nobody_has() -> None:
    assert meant(of(PHONE, USER), {}) == Meant(None)


def test_one_known_name_is_enough() -> None:
    ana = contact("ana", PHONE)

    assert meant(of(PHONE, USER), {PHONE: ana}) == Meant(ana.contact_id)


@pytest.mark.parametrize(("by_phone", "by_user_id"), [(2, 1), (1, 2)])
def test_of_two_contacts_of_one_person_the_older_goes_on(by_phone: int, by_user_id: int) -> None:
    one = contact("one", PHONE, age=by_phone)
    other = contact("other", USER, age=by_user_id)
    older, younger = (one, other) if by_phone > by_user_id else (other, one)

    found = meant(of(PHONE, USER), {PHONE: one, USER: other})

    assert found.who == older.contact_id
    assert [(pair.older, pair.younger) for pair in found.same] == [
        (older.contact_id, younger.contact_id)
    ]


def test_of_two_contacts_of_the_same_age_everybody_chooses_the_same() -> None:
    one, other = contact("one", PHONE), contact("other", USER)

    found = meant(of(PHONE, USER), {PHONE: one, USER: other})
    swapped = meant(of(PHONE, USER), {USER: one, PHONE: other})

    assert found.same == swapped.same


def test_a_number_whose_owner_has_another_user_id_has_passed_to_a_new_person() -> None:
    ana = contact("ana", PHONE, USER)
    assert ana.contact_id is not None

    found = meant(of(PHONE, OTHER_USER), {PHONE: ana})

    assert found == Meant(None, outdated=(Outdated(ana.contact_id, PHONE),))


def test_a_number_passes_to_a_known_person_who_had_another() -> None:
    ana, ben = contact("ana", PHONE), contact("ben", NEW_PHONE, OTHER_USER)
    assert ana.contact_id is not None

    found = meant(of(PHONE, OTHER_USER), {PHONE: ana, OTHER_USER: ben})

    assert found == Meant(ben.contact_id, outdated=(Outdated(ana.contact_id, PHONE),))


def test_who_has_the_new_names_of_a_person_already_is_the_same_person() -> None:
    before = contact("before", PHONE, USER, age=2)
    after = contact("after", NEW_PHONE, OTHER_USER, age=1)
    assert before.contact_id is not None
    assert after.contact_id is not None
    owners = {PHONE: before, USER: before, NEW_PHONE: after, OTHER_USER: after}

    found = meant(of(PHONE, USER, becomes=(NEW_PHONE, OTHER_USER)), owners)

    assert found == Meant(before.contact_id, same=(Same(before.contact_id, after.contact_id),))


def test_a_new_number_that_was_a_strangers_is_taken_from_them() -> None:
    ana, stranger = contact("ana", PHONE, USER), contact("stranger", NEW_PHONE, OTHER_USER)
    assert stranger.contact_id is not None
    owners = {PHONE: ana, USER: ana, NEW_PHONE: stranger}

    found = meant(of(PHONE, becomes=(NEW_PHONE, USER)), owners)

    assert found.who == ana.contact_id
    assert found.outdated == (Outdated(stranger.contact_id, NEW_PHONE),)


def test_the_id_that_linked_businesses_share_is_enough() -> None:
    ana = contact("ana", PARENT)

    assert meant(of(PHONE, USER, PARENT), {PARENT: ana}) == Meant(ana.contact_id)


@pytest.mark.parametrize("ages", list(permutations((1, 2, 3))))
def test_three_contacts_of_one_person_become_the_oldest(ages: tuple[int, int, int]) -> None:
    names = (PHONE, USER, PARENT)
    people = {name: contact(name, name, age=age) for name, age in zip(names, ages, strict=True)}
    oldest = people[names[ages.index(3)]]

    found = meant(of(*names), people)

    assert found.who == oldest.contact_id
    assert {pair.younger for pair in found.same} == {
        one.contact_id for one in people.values() if one is not oldest
    }


def test_a_person_with_another_user_id_but_the_same_shared_one_keeps_the_number() -> None:
    ana = contact("ana", PHONE, USER, PARENT)

    assert meant(of(PHONE, OTHER_USER, PARENT), {PHONE: ana, PARENT: ana}) == Meant(ana.contact_id)


def test_a_number_whose_owner_has_another_shared_id_has_passed_to_a_new_person() -> None:
    ana = contact("ana", PHONE, PARENT)
    assert ana.contact_id is not None

    found = meant(of(PHONE, OTHER_PARENT), {PHONE: ana})

    assert found == Meant(None, outdated=(Outdated(ana.contact_id, PHONE),))


def test_of_two_ids_that_contradict_each_other_the_businesss_own_counts() -> None:
    ana, ben = contact("ana", USER, OTHER_PARENT), contact("ben", OTHER_USER, PARENT)

    assert meant(of(USER, PARENT), {USER: ana, PARENT: ben}) == Meant(ana.contact_id)


def test_a_user_id_of_either_kind_is_told_apart_by_its_form() -> None:
    assert told_apart("US.1349") == ("US.1349", None)
    assert told_apart("US.ENT.1349") == (None, "US.ENT.1349")
    assert told_apart(None) == (None, None)


def test_a_shared_id_is_remembered_used_and_given_up(nobody: Spoken) -> None:
    command = nobody.message("hi")
    only = {"from_": None, "parent_user_id": "US.ENT.1"}
    personal = command.personal.model_copy(update=only)
    spoken = nobody.asked(command.model_copy(update={"personal": personal}))
    told = InboundSystem(
        change="user_changed_user_id",
        parent_user_id="US.ENT.2",
        previous_parent_user_id="US.ENT.1",
    )
    changed = spoken.message(told)
    personal = changed.personal.model_copy(update=only)
    after = spoken.asked(changed.model_copy(update={"personal": personal}))

    requested = [e for e in spoken.happened if isinstance(e, events.ReplyRequested)]
    assert [one.personal.user_id for one in requested] == ["US.ENT.1"]
    assert after.person.contact.names == {"parent:US.ENT.1", "parent:US.ENT.2"}
    assert after.person.contact.parent_user_id == "US.ENT.2"


def test_another_number_in_an_answer_is_one_more_unless_it_was_given_up() -> None:
    ana = contact("ana", PHONE)
    gave_up = Contact(contact_id=ana.contact_id, names=ana.names, released=frozenset({NEW_PHONE}))

    assert reported(ana, of(NEW_PHONE), {}) == ((NEW_PHONE,), ())
    assert reported(gave_up, of(NEW_PHONE), {}) == ((), ())


def test_an_answer_never_joins_people_with_different_user_ids() -> None:
    ana, ben = contact("ana", PHONE, USER), contact("ben", NEW_PHONE, OTHER_USER)

    assert reported(ana, of(NEW_PHONE), {NEW_PHONE: ben}) == ((), ())
    assert reported(ana, of(OTHER_USER), {}) == ((), ())


@pytest.mark.parametrize("system", [None, "text", {"type": 7}, {"type": "user_changed_user_id"}])
def test_a_system_message_that_names_nothing_new_means_whom_it_comes_from(
    system: object, nobody: Spoken
) -> None:
    message = InboundUnknown(original_type="system", raw={"system": system})

    assert addressed(nobody.message(message)) == of(f"wa:{ANA}")


def test_a_change_of_number_says_the_old_and_the_new_names(nobody: Spoken) -> None:
    told = {"type": "user_changed_number", "wa_id": "2", "user_id": "US.2"}
    message = InboundUnknown(original_type="system", raw={"system": told})

    assert addressed(nobody.message(message)) == of(f"wa:{ANA}", becomes=("wa:2", "bsuid:US.2"))


def test_a_change_says_the_old_and_the_new_names_of_every_kind(nobody: Spoken) -> None:
    message = InboundSystem(
        change="user_changed_number",
        wa_id="2",
        user_id="US.2",
        parent_user_id="US.ENT.2",
        previous_user_id="US.1",
        previous_parent_user_id="US.ENT.1",
    )

    assert addressed(nobody.message(message)) == of(
        f"wa:{ANA}",
        "bsuid:US.1",
        "parent:US.ENT.1",
        becomes=("wa:2", "bsuid:US.2", "parent:US.ENT.2"),
    )


def test_a_name_given_up_is_not_used_for_the_person_any_more(nobody: Spoken) -> None:
    told = {"type": "user_changed_number", "wa_id": "2"}
    spoken = nobody.hears("hi").hears(InboundUnknown(original_type="system", raw={"system": told}))

    assert spoken.types[:2] == ["contact.name-released.v1", "contact.identified.v1"]
    assert spoken.person.contact.names == {"wa:2"}
    assert spoken.person.contact.wa_id == "2"


def test_a_contact_is_not_merged_into_itself(nobody: Spoken) -> None:
    spoken = nobody.hears("hi")
    who = spoken.person.contact_id
    merge = commands.MergeContact.model_validate({"contact_id": who, "into": who})

    assert spoken.asked(merge).happened == ()


def test_a_younger_contact_is_absorbed_once_and_its_opt_out_wins(nobody: Spoken) -> None:
    spoken = nobody.hears("hi")
    seen = uuid5(NAMESPACE, "seen")
    absorb = commands.AbsorbContact.model_validate(
        {
            "contact_id": spoken.person.contact_id,
            "absorbed": uuid5(NAMESPACE, "younger"),
            "phone_number_id": NUMBER,
            "opted_out": True,
            "seen": [seen],
            "personal": {"names": ["bsuid:US.1"]},
        }
    )

    absorbed = spoken.asked(absorb)

    assert absorbed.types == ["contact.absorbed.v1", "contact.opted-out.v1"]
    assert absorbed.asked(absorb).happened == ()
    assert seen in absorbed.person.seen.ids
    assert absorbed.person.contact.user_id == "US.1"
    assert isinstance(absorbed.happened[0], events.ContactAbsorbed)
