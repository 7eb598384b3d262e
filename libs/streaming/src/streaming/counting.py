"""Numbers of things in sentences for operators."""


def counted(number: int, thing: str) -> str:
    """Say how many there are, such as `1 shard` or `12 shards`."""
    return f"{number} {thing}{'' if number == 1 else 's'}"
