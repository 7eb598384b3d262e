"""`python -m deploycheck tools [NAME...]`: build the pinned tools and say where they are."""

import argparse
import sys

from deploycheck.go_tools import TOOLS, ToolNotBuilt, built


def main() -> int:
    """Run one command; 1 if a tool could not be built."""
    parser = argparse.ArgumentParser(prog="deploycheck")
    commands = parser.add_subparsers(required=True, dest="command")
    tools = commands.add_parser("tools", help="build the pinned tools into the cache")
    tools.add_argument("names", nargs="*", choices=[*TOOLS, []], metavar="NAME")
    asked = parser.parse_args()
    try:
        for name in asked.names or TOOLS:
            print(built(name), flush=True)  # noqa: T201 - what was asked for
    except ToolNotBuilt as failure:
        print(failure, file=sys.stderr)  # noqa: T201 - the reason
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
