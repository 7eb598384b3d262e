"""Whether a file's name would lead whoever saves it to run it."""

import unicodedata

_RUN_WHEN_OPENED = """
    ade adp apk app appref-ms appx bas bat bin cab chm cmd com cpl crx deb dll dmg docm dotm elf exe
    gadget hta htm html img inf ins ipa iso isp jar jnlp js jse lnk mht mhtml msc msi msix msp mst
    ocx pif pkg ppam pptm ps1 ps2 psc1 psm1 py pyw reg rpm scf scr sct settingcontent-ms sh shb shs
    svg svgz swf sys url vb vbe vbs vhd vhdx website ws wsc wsf wsh xhtml xlam xll xlsm xltm
"""
_ENDINGS = frozenset(_RUN_WHEN_OPENED.split())
"""Of what a system runs, installs, mounts or shows as a page."""

_TURN_NAMES_ROUND = frozenset("\u202a\u202b\u202d\u202e\u2066\u2067\u2068")
"""With one of these `photo[202E]gpj.exe` is shown as `photoexe.jpg` (Unicode, UAX 9)."""


def is_dangerous(name: str | None) -> bool:
    """Say whether the name ends as a program's does, whatever stands before, or hides its end.

    Only the last ending counts: `booking.com.pdf` is a document. Blanks and dots behind it do not
    count, as Windows drops them.
    """
    if not name:
        return False
    if _TURN_NAMES_ROUND.intersection(name):
        return True
    seen = "".join(sign for sign in name if unicodedata.category(sign) not in {"Cc", "Cf"})
    _, dot, ending = seen.rstrip(". \u00a0").rpartition(".")
    return bool(dot) and ending.strip().casefold() in _ENDINGS
