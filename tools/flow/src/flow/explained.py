"""What the reference of the language says beside its tables, with examples that a test runs."""

from collections.abc import Mapping

LANGUAGES = """\
```yaml
languages: [en, es]                            # the first is for whoever wants none of them
fallbacks: {ca: es}                            # who wants Catalan reads Spanish
language_words: {en: [english], es: [español]}
triggers:
  keywords: {en: [my visit], es: [mi visita]}
```

A person's language is kept with the person: it counts in every flow and in later sessions, until they choose another one. Nothing is guessed from their phone number. They get it by

- a word of `language_words`, at any point of a session;
- the answer to a [`choice`](#choice-answers) with `language: true`; a word of `language_words` that is typed there is the answer, too;
- the `language` of `session.initiate`, where the business begins;
- the keyword with which they begin, while they have none: the language under which it stands in `keywords`, where it stands under that one alone.

Who wants a language in which the flow is not written reads the one that `fallbacks` names for it, else the same without its region (`pt` for `pt-BR`), else the first. Answers are understood in every language of the flow. In expressions the person's language is `contact.language`; in transcripts `contact: {language: es}` is somebody who has chosen it before."""  # noqa: E501

_TEXTS = """\
```yaml
- id: by_language                              # in a flow of one language: `say: How are you?`
  say: {en: "How are you?", es: "¿Cómo estás?"}
- id: the_same_for_all
  say: {"*": OK}                               # in quotes: YAML has a meaning of its own for *
- id: one_apart
  say: {"*": 24/7, es: 24 h}                   # Spanish for those who speak it, else the other
```

Where a flow has several languages, `flow check` wants each text in all of them, or under `"*"`; a text of figures and placeholders alone is the same for all. Texts take expressions in `{{ … }}` ([which](flow-expressions.md)). A text with `: ` or ` #` in it, or with one of `{ [ * & ! | > % @` at its beginning, has to stand in quotes, and between `{ }` or `[ ]` also one with `,` or `?`."""  # noqa: E501

_WORDS = """\
```yaml
back: back                                     # one word
restart: [begin anew, "#"]                     # several
stop:
  words: {en: [quit, no thanks], es: salir}    # by language
  say: {"*": Bye!}
```

A person may use the words of any language, whichever they speak. Capitals and closing punctuation do not matter."""  # noqa: E501

_CALL = """\
Of the called flow count its steps, with the texts that stand in them, and its variables. All else is that of the flow that calls: its words (`agent`, `back`, `stop` and so on), `languages`, `wrong` where a question has none of its own, `unreadable`, `unasked_file`, `file_failed`, `file_rejected`, `late`, `template`, `window_closing`, `expires_after_hours`, `read_receipts`."""  # noqa: E501

_SILENT = """\
Without `say` the person reads nothing when a colleague takes over: what they write waits for the colleague, in silence. Say that somebody comes, and by when."""  # noqa: E501

_FAILED = """\
Nothing is said by itself at `not_found` and `failed`: let them lead to a step that says how it goes on."""  # noqa: E501

MORE: Mapping[str, str] = {
    "Texts": _TEXTS,
    "WordList": _WORDS,
    "Call": _CALL,
    "HandOff": _SILENT,
    "Lookup": _FAILED,
}
"""What follows the first sentence about a part, by the part's name in the schema."""
