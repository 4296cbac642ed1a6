"""What docs/tutorial.md says of GitHub: the comment comes, and without a key too."""

from pathlib import Path

from e2e.test_action import Repository, repository

__all__ = ["repository"]  # the fixture
TUTORIAL = (Path(__file__).parents[2] / "docs" / "tutorial.md").read_text(encoding="utf-8")


def test_a_check_on_the_sandbox_is_a_comment_too(repository: Repository, monkeypatch) -> None:
    assert '{command: check, path: ".", args: --sandbox}' in TUTORIAL
    monkeypatch.delenv("STRIPE_API_KEY")
    repository.commit(100)

    done = repository.step("check", pull=12, args="--sandbox")

    (comment,) = repository.github.comments.values()
    assert (done.code, done.outputs["changed"]) == (0, "true")
    assert "Plan: 2 to create" in comment["body"]
