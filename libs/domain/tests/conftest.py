import pytest

from domain.session.testing import Given, Spoken

TWO_QUESTIONS = """
name: pet
title: A pet
triggers: {default: true}
agent: {words: [agent], team: vets, say: A vet takes over.}
steps:
  - {id: hello, say: Hello!}
  - id: name
    ask: What is its name?
    text: {min: 2}
    wrong: Two letters at least.
    retries: 1
    otherwise: lost
  - id: kind
    ask: What is it?
    choice: {options: [{id: dog, title: Dog}, {id: cat, title: Cat, words: [kitten]}]}
  - id: photo
    ask: A photo of {{ name }}?
    files: {kinds: [image], max: 2}
  - {id: end, complete: {outcome: known, say: Thanks}}
  - {id: lost, hand_off: {team: vets, say: One moment.}, next: kind}
"""

KEYWORD = """
name: hours
title: Opening hours
triggers: {keywords: [hours]}
steps:
  - {id: end, complete: {outcome: told, say: We are open from 8 to 17.}}
"""


@pytest.fixture
def nobody() -> Spoken:
    return Given(
        {
            "pet.yaml": TWO_QUESTIONS,
            "hours.yaml": KEYWORD,
        }
    ).nobody()
