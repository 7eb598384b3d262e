"""A graph as Mermaid text, which many pages show as a picture."""

from collections.abc import Iterator, Mapping

from flow.graph import BEGIN, Edge, Graph, Node, Shape

_FORMS: Mapping[Shape, tuple[str, str]] = {
    "begin": ("((", "))"),
    "ask": ("[/", "/]"),
    "say": ("(", ")"),
    "branch": ("{", "}"),
    "set": ("[", "]"),
    "call": ("[[", "]]"),
    "human": ("{{", "}}"),
    "template": ("[", "]"),
    "form": ("[/", "/]"),
    "lookup": ("[(", ")]"),
    "wait": ("[", "]"),
    "end": ("([", "])"),
}


def mermaid(graph: Graph) -> str:
    """Return the text of a flowchart, from top to bottom."""
    return "\n".join([*_lines(graph), ""])


def _lines(graph: Graph) -> Iterator[str]:
    yield "---"
    yield f"title: {_plain(graph.title)}"
    yield "---"
    yield "flowchart TD"
    yield from _inside(graph, None, "  ")
    for edge in graph.edges:
        yield f"  {_arrow(edge)}"


def _inside(graph: Graph, group: str | None, indent: str) -> Iterator[str]:
    for node in graph.nodes:
        if node.group == group:
            yield f"{indent}{_node(node)}"
    for name, title in graph.groups.items():
        outer, _, _ = name.rpartition(".")
        if (outer or None) == group:
            yield f'{indent}subgraph {_id(name)}_called["{_plain(title)}"]'
            yield from _inside(graph, name, indent + "  ")
            yield f"{indent}end"


def _node(node: Node) -> str:
    begin, end = _FORMS[node.shape]
    detail = f"<br/>{_plain(node.detail)}" if node.detail else ""
    return f'{_id(node.name)}{begin}"{_plain(node.title)}{detail}"{end}'


def _arrow(edge: Edge) -> str:
    label = f'|"{_plain(edge.label)}"|' if edge.label else ""
    return f"{_id(edge.start)} -->{label} {_id(edge.end)}"


def _id(name: str) -> str:
    """Give a name that is no word of Mermaid's own, such as `end`."""
    return "begin_" if name == BEGIN else f"s_{name.replace('.', '__')}"


def _plain(text: str) -> str:
    """Write what would end a text, or begin markup, by its number."""
    return "".join(f"#{ord(c)};" if c in '"#<>`&' else c for c in text)
