from pathlib import Path

import pytest

from deploycheck.conforming import STRIMZI_KINDS, Conformity, conformity
from deploycheck.crds import strimzi, strimzi_folder
from deploycheck.rendering import Branch, Rendered, Scenario, render
from deploycheck.scenarios import laid_over, turned_over, written
from deploycheck.schemas import VERSIONS

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(1800)]

Shapes = tuple[list[Scenario], list[Rendered], list[Branch]]


@pytest.fixture(scope="module")
def shapes() -> Shapes:
    """Every example and scenario, and the default example with each value turned over."""
    scenarios = written()
    default = next(scenario for scenario in scenarios if scenario.name == "default-values")
    scenarios += turned_over(default)
    return scenarios, *render(scenarios)


@pytest.fixture(scope="module", params=VERSIONS)
def kubernetes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Conformity:
    return conformity(request.param, tmp_path_factory.mktemp("schemas"))


def test_every_if_of_the_templates_is_rendered_both_ways(shapes: Shapes) -> None:
    branches = shapes[2]

    assert [str(branch) for branch in branches if not branch.done] == []


def test_every_object_in_every_shape_is_one_that_kubernetes_knows(
    shapes: Shapes, kubernetes: Conformity, tmp_path: Path
) -> None:
    objects = sorted({text for rendered in shapes[1] for text in rendered.manifests})
    verdict = kubernetes.check(objects, tmp_path)

    assert verdict.faults == []
    assert verdict.valid + verdict.skipped == len(objects)


def test_every_pod_in_every_shape_is_one_that_a_restricted_namespace_takes(shapes: Shapes) -> None:
    meant = [item for item in shapes[1] if "SecurityContext" not in item.name]
    softened = {pod for rendered in meant for pod in rendered.softened}

    assert softened == set()


def test_a_pod_that_is_not_hardened_would_be_found() -> None:
    values = {"global": {"containerSecurityContext": {"allowPrivilegeEscalation": True}}}
    default = written()[0]
    rendered, _ = render([Scenario("soft", laid_over(default.values, values))])

    assert any("allowPrivilegeEscalation" in pod for pod in rendered[0].softened)


def test_no_value_breaks_a_template_it_is_taken_or_refused(shapes: Shapes) -> None:
    broken = [item for item in shapes[1] if item.error and not item.refused]

    assert [f"{item.name}: {item.error}" for item in broken] == []


def test_what_is_unsafe_is_refused_with_its_sentence_and_nothing_else_is(shapes: Shapes) -> None:
    wrong = [
        f"{rendered.name}: {rendered.error or 'was not refused'}"
        for scenario, rendered in zip(shapes[0], shapes[1], strict=True)
        if scenario.compare and not _as_told(scenario, rendered)
    ]

    assert wrong == []


def test_a_misspelt_or_mistyped_field_would_be_found(
    kubernetes: Conformity, tmp_path: Path
) -> None:
    good = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: "b"}\n'
    misspelt = good.replace("data:", "dta:")
    mistyped = (
        "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: a}\n"
        'spec: {scaleTargetRef: {name: a}, maxReplicaCount: "3", triggers: []}\n'
    )
    unknown = "apiVersion: example.com/v1\nkind: Unheard\nmetadata: {name: a}\n"
    verdict = kubernetes.check([good, misspelt, mistyped, unknown], tmp_path)

    assert verdict.valid == 1
    assert len(verdict.faults) == 3


def test_topics_and_users_are_checked_by_strimzis_own_definitions(tmp_path: Path) -> None:
    if not strimzi():
        pytest.skip(
            f"{' and '.join(STRIMZI_KINDS)} unchecked: nothing of Strimzi in {strimzi_folder()}"
        )
    kubernetes = conformity(VERSIONS[-1], tmp_path / "schemas")
    topic = (
        "apiVersion: kafka.strimzi.io/v1\nkind: KafkaTopic\nmetadata: {name: a}\n"
        "spec: {partitions: 12, replicas: 3}\n"
    )
    verdict = kubernetes.check([topic, topic.replace("replicas", "copies")], tmp_path / "topics")

    assert verdict.valid == 1
    assert len(verdict.faults) == 1


def _as_told(scenario: Scenario, rendered: Rendered) -> bool:
    if scenario.refused:
        return rendered.refused and scenario.refused in rendered.error
    return not rendered.error
