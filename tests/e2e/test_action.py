"""The Action's scripts on a real git repository, with GitHub's API and Stripe's on loopback."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from support.fake_github import MERGED, TOKEN, FakeGitHub, fake_github
from support.fake_webhook import SECRET, fake_webhook
from support.plan_documents import HOSTILE

from e2e.conftest import COMPANY, KEY, Desk

ROOT = Path(__file__).parents[2]
CARD = "cards:\n  ads: {{cardholder: acme, type: virtual, currency: usd, status: active, {limits}}}\n"
LIMIT = 'spending_controls: {{spending_limits: [{{amount: "{0}.00 USD", interval: monthly}}]}}'


@dataclass
class Outcome:
    """How a step ended."""

    code: int
    log: str
    outputs: dict[str, str] = field(default_factory=dict)


@dataclass
class Repository:
    """A checkout of a git repository whose workflow runs the Action."""

    desk: Desk
    github: FakeGitHub
    temp: Path
    python: Path

    def git(self, *words: str) -> str:
        identity = ("-c", "user.name=Mara", "-c", "user.email=mara@acme.example")
        done = subprocess.run(
            ["git", *identity, *words], cwd=self.desk.folder, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self, limit: int) -> str:
        """Commit the configuration with a card's monthly limit, and return the commit."""
        self.desk.write(COMPANY + CARD.format(limits=LIMIT.format(limit)), project="acme")
        self.git("add", "provisioner.yaml")
        self.git("commit", "-q", "-m", f"The limit of ads is {limit}")
        return self.git("rev-parse", "HEAD")

    def step(self, command: str, *, pull: int = 0, **inputs: str) -> Outcome:
        """Run the Action's step, as the runner does."""
        event, outputs = self.temp / "event.json", self.temp / "outputs"
        head = self.git("rev-parse", "HEAD")
        about = {"pull_request": {"number": pull, "head": {"sha": head}}} if pull else {}
        event.write_text(json.dumps(about), encoding="utf-8")
        outputs.write_text("", encoding="utf-8")
        given = {f"INPUT_{name.upper()}": value for name, value in {"command": command, **inputs}.items()}
        env = (
            os.environ
            | given
            | {
                "GITHUB_API_URL": self.github.base,
                "GITHUB_REPOSITORY": "acme/cards",
                "GITHUB_TOKEN": TOKEN,
                "GITHUB_EVENT_PATH": str(event),
                "GITHUB_OUTPUT": str(outputs),
                "GITHUB_STEP_SUMMARY": str(self.temp / "page.md"),
                "GITHUB_SHA": head,
                "GITHUB_SERVER_URL": "https://github.example",
                "GITHUB_RUN_ID": "7",
                "GITHUB_ACTIONS": "true",
                "GITHUB_WORKSPACE": str(self.desk.folder),
                "RUNNER_TEMP": str(self.temp),
            }
        )
        done = subprocess.run(
            [self.python, ROOT / "action" / "run.py"],
            cwd=self.desk.folder,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        found = re.findall(r"(?ms)^(\w+)<<(\w+)\n(.*?)\n\2$", outputs.read_text(encoding="utf-8"))
        return Outcome(done.returncode, done.stdout + done.stderr, {name: value for name, _, value in found})

    def approve(self, planned: Outcome, number: int) -> None:
        """Keep the plan, and merge the pull request by a merge commit."""
        head = self.git("rev-parse", "HEAD")
        self.github.keep(planned.outputs["artifact"], Path(planned.outputs["plan"]).read_bytes(), head)
        self.git("commit", "-q", "--allow-empty", "-m", f"Merge pull request #{number}")
        merge = {"merged_at": MERGED, "merge_commit_sha": self.git("rev-parse", "HEAD")}
        self.github.pulls = [{"number": number, "head": {"sha": head}, **merge}]


@pytest.fixture
def repository(desk: Desk, tmp_path_factory: pytest.TempPathFactory, commands: Path) -> Iterator[Repository]:
    with fake_github() as github:
        made = Repository(desk, github, tmp_path_factory.mktemp("runner"), commands / "python3")
        made.git("init", "-q", "-b", "main")
        yield made


def test_a_plan_is_one_comment_updated_in_place(repository):
    repository.python = Path(sys.executable)  # once as it starts for a user
    (repository.desk.folder / "provisioner.py").write_text("raise SystemExit('not ours')", encoding="utf-8")
    repository.commit(2_000)
    first = repository.step("plan", pull=12)
    repository.commit(3_000)
    second = repository.step("plan", pull=12)

    (comment,) = repository.github.comments.values()
    assert (first.code, first.outputs["exitcode"], first.outputs["changed"]) == (0, "2", "true")
    assert first.outputs["summary"].startswith("Plan: 2 to create")
    assert repository.github.writes == ["POST issues/12/comments", "PATCH issues/comments/1"]
    assert "$3,000.00 (300000) per month" in comment["body"]
    assert "$2,000.00" not in comment["body"]
    assert second.outputs["files"].endswith("plan.html")
    assert KEY not in comment["body"] + second.log


def test_a_check_is_the_same_comment_and_annotates_each_problem(repository):
    repository.commit(2_000)
    repository.step("plan", pull=12)
    well = repository.step("check", pull=12)
    passed = repository.github.comments[1]["body"]
    text = COMPANY.replace("email:", "emial:") + CARD.format(limits="sttus: active")
    repository.desk.write(text, "cards/provisioner.yaml", project="acme")
    failed = repository.step("check", pull=12, path="cards")

    assert (well.code, well.outputs["changed"], well.outputs["summary"]) == (0, "true", "Check passed.")
    assert well.outputs["files"].endswith("plan.html")
    assert "\n### Check passed: project `acme`, `test` mode, account `acct_" in passed
    assert "\n### Plan for project `acme`" in passed
    assert "::error" not in well.log
    lines = (repository.desk.folder / "cards/provisioner.yaml").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        mistaken = "emial" in line or "sttus" in line
        assert (f"::error file=cards/provisioner.yaml,line={number},col=" in failed.log) is mistaken
    assert (failed.code, failed.outputs["changed"]) == (1, "false")
    assert failed.outputs["summary"] == "Check failed: validate (exit code 1)."
    assert "plan" not in failed.outputs
    assert "### Check failed: configuration `cards`" in repository.github.comments[2]["body"]
    assert [*repository.github.comments] == [1, 2]


def test_what_was_checked_is_applied_on_merge_also_past_a_guardrail(repository):
    money = "guardrails: {max_activated: 0}\n"
    repository.desk.write(COMPANY + CARD.format(limits=LIMIT.format(9)) + money, project="acme")
    repository.git("add", ".")
    repository.git("commit", "-q", "-m", "a card that needs an exception")
    stopped = repository.step("check", pull=12)
    allowed = repository.step("check", pull=12, args="--allow=activated=1", backtest="30d")
    repository.approve(allowed, 12)

    blocked = repository.step("apply")
    done = repository.step("apply", args="--allow=activated=1")

    assert [each.code for each in (stopped, allowed, blocked, done)] == [3, 0, 3, 0]
    assert stopped.outputs["summary"] == "Check failed: guardrails (exit code 3)."
    assert "past purchases" not in stopped.log
    assert "past purchases" in allowed.log
    assert Path(stopped.outputs["plan"]).exists()
    assert "cards.ads" in repository.desk.live()


def test_two_environments_have_two_comments_and_two_issues(repository):
    repository.commit(2_000)
    names = ("dev", "prod")
    for name in names:
        repository.desk.write(f"version: 1\nproject: acme-{name}\n", f"environments/{name}.yaml")
        repository.desk.run("apply", "--env", name, "--auto-approve")
    cards = repository.desk.sdk.v1.issuing.cards
    for card in cards.list().data:
        limits = [{"amount": 900_000, "interval": "monthly"}]
        cards.update(card.id, {"spending_controls": {"spending_limits": limits}})

    checked = [repository.step("check", pull=12, env=name) for name in names]
    for name in names:
        repository.step("drift", env=name)

    bodies = [comment["body"].splitlines() for comment in repository.github.comments.values()]
    for lines, name in zip(bodies, names, strict=True):
        assert lines[0] == f"<!-- provisioner plan root.{name} -->"
        assert f": project `acme-{name}`, environment `{name}`, `test` mode, account `acct_" in lines[2]
    titles = [issue["title"] for issue in repository.github.issues.values()]
    assert titles == ["Drift in acme-dev (dev)", "Drift in acme-prod (prod)"]
    assert len({each.outputs["artifact"] for each in checked}) == 2


def test_the_workflow_of_two_environments_from_the_pull_request_to_the_merge(repository):
    names = ("dev", "staging")
    repository.desk.run("init", "--envs", ",".join(names))
    repository.git("add", ".")
    repository.git("commit", "-q", "-m", "two environments")
    head = repository.git("rev-parse", "HEAD")
    file = repository.desk.folder / ".github/workflows/provisioner.yml"
    jobs = yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"]

    for row in jobs["check"]["strategy"]["matrix"]["include"]:
        asked = jobs["check"]["steps"][-1]["with"]
        assert asked["env"] == "${{ matrix.env }}"
        checked = repository.step(**{**asked, "env": row["env"]}, pull=12)
        repository.github.keep(checked.outputs["artifact"], Path(checked.outputs["plan"]).read_bytes(), head)
    repository.git("commit", "-q", "--allow-empty", "-m", "Merge pull request #12")
    merge = {"merged_at": MERGED, "merge_commit_sha": repository.git("rev-parse", "HEAD")}
    repository.github.pulls = [{"number": 12, "head": {"sha": head}, **merge}]
    for name in names:
        asked = jobs[f"apply-{name}"]["steps"][-1]["with"]
        done = repository.step(**{**asked, "plan": "approved", "args": ""})
        assert done.code == 0, done.log

    text = (repository.desk.folder / "provisioner.yaml").read_text(encoding="utf-8")
    project = yaml.safe_load(text)["project"]
    projects = [
        card["metadata"]["provisioner_project"]
        for card in repository.desk.sdk.v1.issuing.cards.list().to_dict()["data"]
    ]
    assert sorted(projects) == sorted(f"{project}-{name}" for name in names)
    titles = [body.splitlines()[1] for body in (c["body"] for c in repository.github.comments.values())]
    assert [title for title in titles if title.startswith("### Apply")] == [
        f"### Apply complete, environment `{name}` (exit code 0)" for name in names
    ]


def test_a_comment_with_a_copied_mark_is_left_alone(repository):
    repository.commit(2_000)
    mark = "<!-- provisioner plan root -->"
    repository.github._comment(12, f"{mark}\nLooks good to me!", "User")

    repository.step("plan", pull=12)

    bodies = [comment["body"] for comment in repository.github.comments.values()]
    assert bodies[0] == f"{mark}\nLooks good to me!"
    assert "Plan: 2 to create" in bodies[1]


def test_what_was_approved_is_applied_on_merge(repository):
    repository.commit(2_000)
    repository.approve(repository.step("plan", pull=12), 12)

    done = repository.step("apply")

    limits = repository.desk.live()["cards.ads"]["spending_controls"]["spending_limits"]
    assert (done.code, done.outputs["exitcode"]) == (0, "0"), done.log
    assert done.outputs["summary"] == (
        "Apply complete: 2 created, 0 updated, 0 replaced, 0 retired, 0 imported."
    )
    assert limits[0]["amount"] == 200_000
    assert "### Apply complete (exit code 0)" in repository.github.comments[2]["body"]
    assert repository.github.leaks == []


def test_an_apply_of_one_step_has_changed_something(repository):
    for limit in (2_000, 3_000):
        repository.commit(limit)
        repository.approve(repository.step("plan", pull=12), 12)
        done = repository.step("apply")

    assert done.outputs["summary"] == (
        "Apply complete: 0 created, 1 updated, 0 replaced, 0 retired, 0 imported."
    )
    assert done.outputs["changed"] == "true"


def test_a_stale_plan_is_refused_with_4(repository):
    repository.commit(2_000)
    repository.desk.run("apply", "--auto-approve")
    repository.commit(3_000)
    repository.approve(repository.step("plan", pull=13), 13)
    live = repository.desk.live()["cards.ads"]["id"]
    limits = [{"amount": 999, "interval": "monthly"}]
    repository.desk.sdk.v1.issuing.cards.update(live, {"spending_controls": {"spending_limits": limits}})

    done = repository.step("apply")

    now = repository.desk.live()["cards.ads"]["spending_controls"]["spending_limits"]
    assert (done.code, done.outputs["exitcode"], done.outputs["changed"]) == (4, "4", "false")
    assert now[0]["amount"] == 999
    assert "stale; nothing was changed" in repository.github.comments[2]["body"]
    assert "cards.ads" in repository.github.comments[2]["body"]


def test_without_an_approved_plan_nothing_is_applied(repository):
    head = repository.commit(2_000)
    nothing_merged = repository.step("apply")
    repository.github.pulls = [
        {"number": 9, "head": {"sha": head}, "merged_at": MERGED, "merge_commit_sha": head}
    ]
    no_comment = repository.step("apply")
    planned = repository.step("plan", pull=9)
    no_artifact = repository.step("apply")
    plan = Path(planned.outputs["plan"]).read_bytes()
    repository.github.keep(f"provisioner-plan-root-{head}", plan, head, fork=True)
    of_a_fork = repository.step("apply")

    assert [done.code for done in (nothing_merged, no_comment, no_artifact, of_a_fork)] == [4, 4, 4, 4]
    assert "not from a merged pull request" in nothing_merged.outputs["summary"]
    assert "#9 has no comment with a plan of its last commit" in no_comment.outputs["summary"]
    assert "#9 has no plan made by run 7" in no_artifact.outputs["summary"]
    assert "#9 has no plan made by run 7" in of_a_fork.outputs["summary"]
    assert repository.desk.live() == {}


def test_that_nothing_was_approved_is_told(repository):
    repository.commit(2_000)
    with fake_webhook() as webhook:
        done = repository.step("apply", notify=webhook.url)

    (message,) = webhook.messages
    assert done.code == 4
    assert "not from a merged pull request" in message["text"]
    assert SECRET not in done.log


def test_apply_without_an_approval_when_told_so(repository):
    repository.commit(2_000)

    done = repository.step("apply", plan="none")

    assert (done.code, done.outputs["changed"]) == (0, "true")
    assert "cards.ads" in repository.desk.live()


def test_drift_opens_one_issue_and_closes_it_when_clean(repository):
    repository.commit(2_000)
    repository.desk.run("apply", "--auto-approve")
    clean = repository.step("drift")
    card = repository.desk.live()["cards.ads"]["id"]
    cards = repository.desk.sdk.v1.issuing.cards
    limits = [{"amount": 900_000, "interval": "monthly"}]
    cards.update(card, {"spending_controls": {"spending_limits": limits}})
    first = repository.step("drift")
    again = repository.step("drift")
    (issue,) = repository.github.issues.values()
    opened = dict(issue)
    repository.desk.run("apply", "--auto-approve")
    after = repository.step("drift")

    assert [done.code for done in (clean, first, again, after)] == [0, 2, 2, 0]
    assert opened["state"] == "open"
    assert "$9,000.00 (900000) per month (in Stripe)" in opened["body"]
    assert "raised spending" in opened["body"]
    assert repository.github.issues[1]["state"] == "closed"
    assert len(repository.github.issues) == 1
    assert repository.github.writes.count("POST issues") == 1


def test_errors_and_wrong_keys_keep_their_codes(repository, monkeypatch):
    repository.desk.write("version: 1\nproject: acme\ncards: {ads: {typ: virtual}}\n")
    repository.git("add", ".")
    repository.git("commit", "-q", "-m", "a mistake")
    unsound = repository.step("plan", pull=3)
    repository.commit(2_000)
    monkeypatch.setenv("STRIPE_API_KEY", "sk_live_wrong")
    wrong_key = repository.step("plan", pull=3)
    monkeypatch.setenv("STRIPE_API_KEY", KEY)
    detailed = repository.step("plan", detailed_exitcode="true")

    assert [done.code for done in (unsound, wrong_key, detailed)] == [1, 7, 2]
    assert "exit code 7" in repository.github.comments[1]["body"]
    assert len(repository.github.comments) == 1


def test_the_outcome_stands_where_github_is_down(repository):
    repository.commit(2_000)
    repository.github.down = True

    done = repository.step("plan", pull=12)

    assert done.code == 0
    assert done.outputs["exitcode"] == "2"
    assert "::warning title=provisioner::GitHub returned 503" in done.log


def test_hostile_names_stay_inside_the_log(repository):
    text = HOSTILE.encode(errors="replace").decode()
    repository.desk.write("version: 1\nproject: " + json.dumps(text) + "\n")
    repository.git("add", ".")
    repository.git("commit", "-q", "-m", "hostile")

    repository.step("plan", pull=3)

    body = repository.github.comments[1]["body"]
    fence = re.search(r"(?m)^(`{3,})text$", body)[1]
    assert body.count(f"\n{fence}\n") == 1


def test_those_named_by_notify_are_told_and_not_shown(repository):
    repository.commit(2_000)
    with fake_webhook() as webhook:
        done = repository.step("apply", plan="none", notify=f"{webhook.url}\nsh -c 'env > heard.env'")

    (message,) = webhook.messages
    heard = (repository.desk.folder / "heard.env").read_text(encoding="utf-8")
    assert "*Apply complete: 2 created, " in message["text"]
    assert "<https://github.example/acme/cards/actions/runs/7|This run>" in message["text"]
    assert "PROVISIONER_OUTCOME=done" in heard
    assert KEY not in heard
    assert SECRET not in done.log + heard


def test_every_step_of_the_action_is_well_formed():
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))

    steps = action["runs"]["steps"]
    assert set(action["outputs"]) >= {"changed", "exitcode", "summary"}
    assert all("shell" in step or "uses" in step for step in steps)
    (upload,) = [step["if"] for step in steps if "upload-artifact" in step.get("uses", "")]
    assert "!cancelled() && (inputs.command == 'check' || inputs.command == 'plan') &&" in upload
    assert "${{ inputs" not in "".join(step.get("run", "") for step in steps)  # no input becomes a script
    given = {name for step in steps for name in step.get("env", {}) if name.startswith("INPUT_")}
    assert given == {f"INPUT_{n.upper().replace('-', '_')}" for n in action["inputs"] if n != "github-token"}
