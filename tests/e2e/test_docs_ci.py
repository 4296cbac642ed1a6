"""What docs/ci.md says beyond what test_docs.py plays: its tables are the Action's and the program's."""

import re
from pathlib import Path

import yaml
from support.gitlab_pipeline import pipeline

from provisioner.cli.main import main

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
JOBS = ("check", "plan", "apply", "drift", "expired-grants")


def rows(title: str) -> list[str]:
    """The first cells of the table below a title."""
    section = TEXT.partition(f"## {title}\n")[2].partition("\n## ")[0]
    return [cell.strip("` ") for cell in re.findall(r"(?m)^\| ([^|]+) \|", section)][1:]


def test_the_actions_inputs_are_told():
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))

    assert rows("The GitHub Action") == list(action["inputs"])
    assert all(f"`{name}`" in TEXT for name in action["outputs"])


def test_exit_codes_are_those_of_the_help():
    told = re.findall(r"(?<=[\s:;])(\d+) \w", (main.help or "").partition("Exit codes:")[2])

    assert rows("Exit codes") == told


def test_the_hooks_are_all_shown():
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))

    assert [hook["id"] for hook in hooks if f"- id: {hook['id']}" not in TEXT] == []


def test_the_image_runs_as_nobody_in_particular():
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()

    (user,) = [line for line in lines if line.startswith("USER")]
    assert user == "USER 10001:10001"
    assert lines.index(user) < lines.index('ENTRYPOINT ["provisioner"]')


def test_gitlabs_template_is_sound():
    whole = pipeline((ROOT / "ci" / "gitlab.yml").read_text(encoding="utf-8"))
    jobs = {name: job for name, job in whole.items() if "script" in job and not name.startswith(".")}

    assert set(jobs) == {f"provisioner-{name}" for name in JOBS}
    lines = [line for job in jobs.values() for line in (*job["script"], *job.get("after_script", []))]
    words = [line.split()[1] for line in lines if line.startswith("provisioner ")]
    assert set(words) <= set(main.list_commands(None))
