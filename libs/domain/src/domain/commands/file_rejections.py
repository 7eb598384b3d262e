"""Why files are not kept: codes for programs, and what a flow tells the person in their language.

A flow's own words come first: `wrong` of the question, `file_rejected`, `file_failed`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class FileRejection:
    """One reason: what it means to us, and what the person is told, by language."""

    means: str
    says: Mapping[str, str]


OTHER = MappingProxyType(
    {
        "en": "I could not keep one of your files. Please send it again.",
        "de": "Ich konnte eine deiner Dateien nicht speichern. Bitte schick sie noch einmal.",
        "es": "No he podido guardar uno de tus archivos. Envíalo de nuevo, por favor.",
        "fr": "Je n'ai pas pu garder un de vos fichiers. Merci de le renvoyer.",
        "it": "Non ho potuto salvare uno dei tuoi file. Per favore, invialo di nuovo.",
        "pt": "Não consegui guardar um dos seus ficheiros. Envie-o de novo, por favor.",
    }
)
"""Said of a reason that is not among these, or that is no business of the person's."""

_EXPIRED = {
    "en": "I could not fetch your file in time. Please send it again.",
    "de": "Ich konnte deine Datei nicht rechtzeitig abholen. Bitte schick sie noch einmal.",
    "es": "No he podido recoger tu archivo a tiempo. Envíalo de nuevo, por favor.",
    "fr": "Je n'ai pas pu récupérer votre fichier à temps. Merci de le renvoyer.",
    "it": "Non ho potuto scaricare il tuo file in tempo. Per favore, invialo di nuovo.",
    "pt": "Não consegui obter o seu ficheiro a tempo. Envie-o de novo, por favor.",
}
_LOST = {
    "en": "Your file did not come through. Please send it again, or a smaller one.",
    "de": "Deine Datei ist nicht angekommen. Bitte schick sie noch einmal, oder eine kleinere.",
    "es": "Tu archivo no ha llegado. Envíalo de nuevo, o uno más pequeño, por favor.",
    "fr": "Votre fichier n'est pas arrivé. Merci de le renvoyer, ou d'en envoyer un plus petit.",
    "it": "Il tuo file non è arrivato. Per favore, invialo di nuovo, o uno più piccolo.",
    "pt": "O seu ficheiro não chegou. Envie-o de novo, ou um mais pequeno, por favor.",
}
_DAMAGED = {
    "en": "Your file arrived damaged. Please send it again.",
    "de": "Deine Datei kam beschädigt an. Bitte schick sie noch einmal.",
    "es": "Tu archivo ha llegado dañado. Envíalo de nuevo, por favor.",
    "fr": "Votre fichier est arrivé endommagé. Merci de le renvoyer.",
    "it": "Il tuo file è arrivato danneggiato. Per favore, invialo di nuovo.",
    "pt": "O seu ficheiro chegou danificado. Envie-o de novo, por favor.",
}
_LARGE = {
    "en": "That file is too large for me. Please send a smaller one.",
    "de": "Diese Datei ist zu groß für mich. Bitte schick eine kleinere.",
    "es": "Ese archivo es demasiado grande. Envía uno más pequeño, por favor.",
    "fr": "Ce fichier est trop volumineux. Merci d'en envoyer un plus petit.",
    "it": "Questo file è troppo grande. Per favore, inviane uno più piccolo.",
    "pt": "Esse ficheiro é demasiado grande. Envie um mais pequeno, por favor.",
}
_PIXELS = {
    "en": "That picture is too large for me. Please send it with a lower resolution.",
    "de": "Dieses Bild ist zu groß für mich. Bitte schick es mit geringerer Auflösung.",
    "es": "Esa imagen es demasiado grande. Envíala con menos resolución, por favor.",
    "fr": "Cette image est trop grande. Merci de l'envoyer avec une résolution plus faible.",
    "it": "Questa immagine è troppo grande. Per favore, inviala con una risoluzione minore.",
    "pt": "Essa imagem é demasiado grande. Envie-a com menor resolução, por favor.",
}
_KIND = {
    "en": "I can't take files of that kind. Please send a photo or a PDF, for example.",
    "de": "Dateien dieser Art kann ich nicht annehmen. Bitte schick zum Beispiel ein Foto oder PDF.",  # noqa: E501
    "es": "No puedo aceptar archivos de ese tipo. Envía una foto o un PDF, por ejemplo.",
    "fr": "Je ne peux pas accepter ce type de fichier. Envoyez par exemple une photo ou un PDF.",
    "it": "Non posso accettare file di questo tipo. Invia per esempio una foto o un PDF.",
    "pt": "Não posso aceitar ficheiros desse tipo. Envie uma foto ou um PDF, por exemplo.",
}
_UNREADABLE = {
    "en": "I can't open that file. Please check it and send it again.",
    "de": "Ich kann diese Datei nicht öffnen. Bitte prüf sie und schick sie noch einmal.",
    "es": "No puedo abrir ese archivo. Compruébalo y envíalo de nuevo, por favor.",
    "fr": "Je ne peux pas ouvrir ce fichier. Merci de le vérifier et de le renvoyer.",
    "it": "Non riesco ad aprire questo file. Per favore, controllalo e invialo di nuovo.",
    "pt": "Não consigo abrir esse ficheiro. Verifique-o e envie-o de novo, por favor.",
}
_LOCKED = {
    "en": "That file is protected by a password. Please send it without one.",
    "de": "Diese Datei ist mit einem Passwort geschützt. Bitte schick sie ohne.",
    "es": "Ese archivo está protegido con contraseña. Envíalo sin ella, por favor.",
    "fr": "Ce fichier est protégé par un mot de passe. Merci de l'envoyer sans.",
    "it": "Questo file è protetto da una password. Per favore, invialo senza.",
    "pt": "Esse ficheiro está protegido por palavra-passe. Envie-o sem ela, por favor.",
}
_DANGEROUS = {
    "en": "I did not keep that file, because it may be harmful. Please send another one.",
    "de": "Ich habe diese Datei nicht gespeichert, weil sie schädlich sein kann. Bitte schick eine andere.",  # noqa: E501
    "es": "No he guardado ese archivo porque puede ser dañino. Envía otro, por favor.",
    "fr": "Je n'ai pas gardé ce fichier, car il peut être dangereux. Merci d'en envoyer un autre.",
    "it": "Non ho salvato questo file perché può essere dannoso. Per favore, inviane un altro.",
    "pt": "Não guardei esse ficheiro porque pode ser nocivo. Envie outro, por favor.",
}

MEDIA_LOST = "media-lost"
"""Of a file that never came: no `file.rejected` has it, but the flow may have words for it."""

REJECTIONS: Mapping[str, FileRejection] = MappingProxyType(
    {
        "media-expired": FileRejection(
            "WhatsApp has it no more: its id is older than seven days, or nobody knows it", _EXPIRED
        ),
        MEDIA_LOST: FileRejection(
            "WhatsApp could not take it over from the person (131052, 131053), as with more than"
            " 100 MB; there is a message without a file then, and no `file.rejected`",
            _LOST,
        ),
        "media-untrusted": FileRejection(
            "WhatsApp's link leads to a host or an address that we do not fetch from", OTHER
        ),
        "hash-mismatch": FileRejection(
            "Twice other bytes than WhatsApp announced: another size or sha256", _DAMAGED
        ),
        "too-large": FileRejection(
            "Larger than the flow takes, or than the installation does", _LARGE
        ),
        "unsupported-type": FileRejection("Of a type that is not kept", _KIND),
        "wrong-type": FileRejection("Its bytes are not of the type it is said to have", _KIND),
        "double-extension": FileRejection(
            "Its name ends as a program's does, or hides such an ending", _KIND
        ),
        "too-many-pixels": FileRejection(
            "An image with more pixels than the flow takes, or than is safe to open", _PIXELS
        ),
        "unreadable-image": FileRejection("An image that cannot be decoded", _UNREADABLE),
        "archive-bomb": FileRejection(
            "An archive that would become too large or too many files when it is opened", _DANGEROUS
        ),
        "unreadable-archive": FileRejection("An archive that cannot be opened", _UNREADABLE),
        "encrypted": FileRejection("Protected by a password, so that nobody can look", _LOCKED),
        "malware": FileRejection("The scanner found malware in it", _DANGEROUS),
        "contact-erased": FileRejection("All of its person was erased before it was kept", OTHER),
    }
)
"""By code. More may come: readers treat one that they do not know as `OTHER`."""
