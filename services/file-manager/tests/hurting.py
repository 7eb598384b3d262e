"""Files as they arrive when something went wrong, or somebody had a hand in it."""

from random import Random


def hurt(whole: bytes, luck: Random) -> bytes:
    """Return the file with some bytes changed, left out, or put in."""
    file = bytearray(whole)
    for _ in range(luck.randint(1, 6)):
        at = luck.randrange(len(file))
        odd = luck.choice((0, 1, 0x7F, 0x80, 0xFF, luck.randrange(256)))
        match luck.choice(("change", "change", "leave out", "put in")):
            case "change":
                file[at] = odd
            case "leave out":
                del file[at : min(at + luck.randint(1, 50), len(file) - 1)]
            case _:
                file[at:at] = bytes([odd] * luck.randint(1, 8))
    return bytes(file)
