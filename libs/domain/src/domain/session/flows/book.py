"""The flows that sessions may begin, and the older versions that running sessions stay on."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from domain.session.flows.answers import plain, ways_to_say
from domain.session.flows.clashing import clashes
from domain.session.flows.flow import Flow
from domain.session.flows.parsing import InvalidFlow, parse_flow


@dataclass(frozen=True, slots=True)
class FlowBook:
    """Flows by name, as they are now, and by name and version, as they ever were."""

    current: Mapping[str, Flow]
    versions: Mapping[tuple[str, str], Flow]

    @classmethod
    def of(cls, sources: Mapping[str, str], older: Iterable[str] = ()) -> "FlowBook":
        """Build the book from YAML by file name, and from older sources as they were stored.

        Raises InvalidFlow when a flow is wrong, two share a name or a keyword, words would mean
        two things, or not exactly one is default.
        """
        by_file = {file: parse_flow(source, file=file) for file, source in sources.items()}
        flows = list(by_file.values())
        current = {flow.name: flow for flow in flows}
        if twice := [name for name, times in Counter(f.name for f in flows).items() if times > 1]:
            raise InvalidFlow(f"two flows have the name {', '.join(twice)}: give each its own")
        defaults = [flow.name for flow in flows if flow.definition.triggers.default]
        if len(defaults) != 1:
            raise InvalidFlow(
                f"exactly one flow needs `default: true`, but {len(defaults)} have it"
            )
        if problems := list(clashes(by_file)):
            raise InvalidFlow("\n".join(problems))
        every = [*(parse_flow(source, in_use=True) for source in older), *flows]
        return cls(current, {(flow.name, flow.version): flow for flow in every})

    @classmethod
    def of_versions(cls, sources: Iterable[str]) -> "FlowBook":
        """Build a book in which the flows of sessions are found, and none can begin.

        Raises InvalidFlow.
        """
        flows = [parse_flow(source, in_use=True) for source in sources]
        return cls({}, {(flow.name, flow.version): flow for flow in flows})

    def of_session(self, name: str, version: str) -> Flow:
        """Return the version that a session began with. Raises KeyError if it was never known."""
        return self.versions[name, version]

    def for_words(self, words: str) -> Flow:
        """Return the flow that somebody who begins with these words wants."""
        said = plain(words)
        for flow in self.current.values():
            if said in ways_to_say(*flow.definition.triggers.keywords):
                return flow
        return next(flow for flow in self.current.values() if flow.definition.triggers.default)

    def sources(self) -> Iterator[tuple[str, str, str]]:
        """Yield (name, version, YAML) of every current flow, to be kept for ever."""
        for flow in self.current.values():
            yield flow.name, flow.version, flow.source
