"""What a merge applies is the plan that the comment on its pull request shows, and no newer one."""

import json
from pathlib import Path

import pytest
from e2e.test_action import Outcome, Repository, repository

from provisioner.core.approval.integrity import digest_of

__all__ = ["repository"]  # the fixture

LATER = "2026-11-24T00:00:00Z"


def limit(repository: Repository) -> int | None:
    cards = repository.desk.live()
    limits = cards["cards.ads"]["spending_controls"]["spending_limits"] if cards else []
    return limits[0]["amount"] if limits else None


def forged(plan: bytes) -> bytes:
    """The artifact with another limit."""
    document = json.loads(plan)
    document["changes"][0]["reason"] = "nothing to see here"
    document["digest"] = digest_of(document)
    return json.dumps(document).encode()


@pytest.fixture
def planned(repository: Repository) -> Outcome:
    """A reviewed plan of 2,000 dollars, merged."""
    repository.commit(2_000)
    done = repository.step("plan", pull=12)
    repository.approve(done, 12)
    return done


def test_the_newest_artifact_of_the_commit_is_not_taken(repository: Repository, planned: Outcome) -> None:
    """Whoever can push runs a workflow of their own on the same commit, and uploads under the same name."""
    name, head = planned.outputs["artifact"], repository.github.pulls[0]["head"]["sha"]
    repository.github.keep(name, forged(Path(planned.outputs["plan"]).read_bytes()), head, run=8, at=LATER)

    done = repository.step("apply")

    assert done.code == 0, done.log
    assert limit(repository) == 200_000


@pytest.mark.parametrize("at", ["2026-11-22T00:00:00Z", LATER])
def test_another_plan_in_the_same_run_is_refused(repository: Repository, planned: Outcome, at: str) -> None:
    name, head = planned.outputs["artifact"], repository.github.pulls[0]["head"]["sha"]
    repository.github.keep(name, forged(Path(planned.outputs["plan"]).read_bytes()), head, at=at)

    done = repository.step("apply")

    assert done.code == 4
    assert ("is not the one shown in the comment" in done.log) == (at != LATER)
    assert limit(repository) is None


@pytest.mark.parametrize("kind", ["User", "Bot"])
@pytest.mark.usefixtures("planned")
def test_a_comment_of_another_with_the_same_mark_approves_nothing(repository: Repository, kind: str) -> None:
    (comment,) = repository.github.comments.values()
    copied = comment["body"].replace(" run 7 ", " run 8 ")
    repository.github.comments.clear()
    repository.github._comment(12, copied, "User")
    if kind == "Bot":
        repository.github.comments[2] = {**comment, "body": comment["body"].replace("sha256:", "sha256:0", 1)}

    done = repository.step("apply")

    assert done.code == 4
    assert limit(repository) is None


@pytest.mark.usefixtures("planned")
def test_a_plan_that_failed_last_approves_nothing(repository: Repository) -> None:
    (comment,) = repository.github.comments.values()
    comment["body"] = "<!-- provisioner plan root -->\n### The plan failed (exit code 7)\n"

    assert repository.step("apply").code == 4
    assert limit(repository) is None


def test_a_job_without_an_environment_applies_no_plan_of_one(repository: Repository) -> None:
    repository.commit(2_000)
    overlay = 'cardholders: {acme: {metadata: {env: "dev"}}}\n'
    repository.desk.write(overlay, "environments/dev.yaml", project="acme")
    done = repository.step("plan", env="dev")
    path = done.outputs["plan"]

    refused = [repository.step("apply", plan=path), repository.step("apply", plan=path, env="prod")]

    assert [each.code for each in refused] == [4, 4]
    assert "was made for environment dev, not for no environment" in refused[0].log
    assert "was made for environment dev, not for environment prod" in refused[1].log
    assert repository.step("apply", plan=path, env="dev").code == 0
