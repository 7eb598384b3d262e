"""A flow in several languages: which one a person is spoken to in, and how they change it."""

from domain.events import ContactLanguageChosen
from domain.session.testing import Given, Spoken

HEAD = """
languages: [en, es, pt]
fallbacks: {pt-BR: pt, ca: es}
language_words: {en: [english], es: [español], pt: [português]}
agent: {words: {en: [agent], es: [agente]}, say: {en: Coming., es: Voy., pt: Vou.}}
wrong: {en: No., es: Eso no., pt: Não.}
unreadable: {"*": "?"}
unasked_file: {"*": "?"}
late: {"*": "?"}
"""
SHOP = """
  - {id: size, ask: {en: "How big?", es: "¿Qué tamaño?", pt: "Que tamanho?"}, number: {}}
  - id: sure
    ask:
      en: "{{ number(size, 2) }}, sure?"
      es: "¿{{ number(size, 2) }}, seguro?"
      pt: "{{ size }}?"
    choice:
      options:
        - {id: yes, title: {en: Yes, es: Sí, pt: Sim}, words: {es: [vale]}}
        - {id: no, title: {en: No, es: No, pt: Não}}
  - id: end
    complete: {outcome: done, say: {en: "{{ sure }}!", es: "¡{{ sure }}!", pt: "{{ sure }}!"}}
"""


def nobody() -> Spoken:
    return Given.flow(SHOP, HEAD).nobody()


def chosen(spoken: Spoken) -> list[tuple[str, str]]:
    events = [one for one in spoken.happened if isinstance(one, ContactLanguageChosen)]
    return [(one.language, one.source) for one in events]


def test_who_has_chosen_no_language_is_spoken_to_in_the_first() -> None:
    assert nobody().hears("hola").words == "How big?"


def test_a_word_switches_the_language_in_the_middle_and_the_question_comes_again() -> None:
    switched = nobody().hears("hi").hears("Español")

    assert chosen(switched) == [("es", "words")]
    assert switched.words == "¿Qué tamaño?"
    assert switched.hears("grande").words == "Eso no.\n\n¿Qué tamaño?"
    assert switched.hears("2,5").words == "¿2,50, seguro?"


def test_whoever_begins_with_the_word_for_a_language_is_spoken_to_in_it_at_once() -> None:
    assert nobody().hears("português").words == "Que tamanho?"


def test_choosing_the_same_language_again_is_no_news() -> None:
    again = nobody().hears("español").hears("español")

    assert chosen(again) == []
    assert again.words == "¿Qué tamaño?"


def test_the_language_stays_the_persons_in_the_next_conversation() -> None:
    done = nobody().hears("español").hears("1").taps("Sí")

    assert done.words == "¡Sí!"
    assert done.hears("hi").words == "¿Qué tamaño?"


def test_words_and_answers_count_in_every_language() -> None:
    asked = nobody().hears("hi").hears("1")

    assert asked.hears("vale").words == "Yes!"
    assert asked.hears("não").words == "No!"
    assert asked.hears("agente").words == "Coming."


def test_a_language_without_texts_is_spoken_to_in_what_stands_in_for_it() -> None:
    begun = nobody().is_begun("shop", language="pt-BR")
    catalan = nobody().is_begun("shop", language="ca")
    mexican = nobody().is_begun("shop", language="es-MX")
    none = nobody().is_begun("shop", language="fr")

    assert chosen(begun) == [("pt-BR", "operator")]
    assert begun.words == "Que tamanho?"
    assert catalan.words == mexican.words == "¿Qué tamaño?"
    assert none.words == "How big?"


def test_an_operators_language_gives_way_to_the_persons_own() -> None:
    done = nobody().hears("español").hears("1").taps("Sí")
    begun = done.is_begun("shop", language="pt")

    assert chosen(begun) == []
    assert begun.words == "¿Qué tamaño?"


def test_an_answer_can_be_the_language_from_now_on() -> None:
    steps = """
  - id: tongue
    ask: {"*": "English / Español"}
    choice: {language: true, options: [{id: en, title: English}, {id: es, title: Español}]}
""" + SHOP.lstrip("\n")
    spoken = Given.flow(steps, HEAD.replace("language_words", "#")).nobody().hears("hi")
    answered = spoken.taps("Español")

    assert chosen(answered) == [("es", "answer")]
    assert answered.words == "¿Qué tamaño?"
    assert spoken.taps("English").words == "How big?"


def test_a_language_word_while_a_human_talks_is_left_to_the_human() -> None:
    handed = nobody().hears("hi").hears("agent")

    assert handed.hears("español").types == ["message.received.v1"]


KEYWORDS = "triggers: {default: true, keywords: {en: [shop], es: [tienda, shop], pt: [loja]}}"


def test_the_language_of_the_keyword_is_that_of_who_begins_with_it() -> None:
    nobody = Given.flow(SHOP, HEAD + KEYWORDS + "\n").nobody()

    assert chosen(nobody.hears("Tienda")) == [("es", "words")]
    assert nobody.hears("loja").words == "Que tamanho?"
    assert chosen(nobody.hears("shop")) == []  # said in two languages


def test_a_keyword_changes_nothing_for_who_chose_a_language_before() -> None:
    nobody = Given.flow(SHOP, HEAD + KEYWORDS + "\n").nobody()
    done = nobody.hears("tienda").hears("2").hears("vale")

    assert (done.words, nobody.hears("tienda").types[-1]) == ("¡Sí!", "reply.requested.v1")
    assert done.hears("loja").words == "¿Qué tamaño?"


def test_the_name_of_a_language_answers_the_question_for_it() -> None:
    steps = """
  - id: tongue
    ask: {"*": "Language?"}
    choice: {language: true, options: [{id: en, title: English}, {id: es, title: Español}]}
"""
    asked = Given.flow(steps + SHOP, HEAD).nobody().hears("hi").hears("español")

    assert chosen(asked) == [("es", "answer")]
    assert asked.words == "¿Qué tamaño?"
