"""The jobs of ci/gitlab.yml, their very scripts, with GitLab's API and Stripe's on loopback."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.fake_gitlab import BOT, MARA, TOKEN, FakeGitLab, fake_gitlab
from support.fake_webhook import SECRET, fake_webhook
from support.gitlab_pipeline import pipeline

from e2e.conftest import COMPANY, KEY, Desk

ROOT = Path(__file__).parents[2]
TEMPLATE = pipeline((ROOT / "ci" / "gitlab.yml").read_text(encoding="utf-8"))
CARD = "cards:\n  ads: {{cardholder: acme, type: virtual, currency: usd, status: active, {0}}}\n"
LIMIT = 'spending_controls: {{spending_limits: [{{amount: "{0}.00 USD", interval: monthly}}]}}'
MARK = "<!-- provisioner plan root -->"
JOB = "https://gitlab.example/acme/cards/-/jobs/7"


@dataclass
class Pipeline:
    """A checkout in which a runner runs the template's jobs."""

    desk: Desk
    gitlab: FakeGitLab
    commands: Path

    def declare(self, limit: int) -> None:
        self.desk.write(COMPANY + CARD.format(LIMIT.format(limit)), project="acme")

    def job(self, name: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a job as the runner does: bash, ended by the first line that fails, then what comes after."""
        job = TEMPLATE[f"provisioner-{name}"]
        given = {
            **TEMPLATE["variables"],
            "STRIPE_READ_KEY": KEY,
            "CI_API_V4_URL": self.gitlab.base,
            "CI_PROJECT_ID": "42",
            "CI_COMMIT_SHA": "0123456789abcdef",
            "CI_JOB_URL": JOB,
            "PROVISIONER_GITLAB_TOKEN": TOKEN,
            **variables,
        }
        # what the image has on its path
        path = f"{self.commands}{os.pathsep}{os.environ['PATH']}"
        own = ("GITHUB_", "CI")
        rest = {name: value for name, value in os.environ.items() if not name.startswith(own)}
        done, *_ = [
            subprocess.run(
                ["bash", "-e", "-o", "pipefail", "-c", "\n".join(lines)],
                cwd=self.desk.folder,
                env={**rest, **given, "PATH": path},
                capture_output=True,
                text=True,
                check=False,
            )
            for lines in (job["script"], job.get("after_script", []))
        ]
        assert "Traceback" not in done.stderr, done.stderr
        assert TOKEN not in done.stdout + done.stderr
        return done


@pytest.fixture(name="pipeline")
def a_pipeline(desk: Desk, commands: Path) -> Iterator[Pipeline]:
    with fake_gitlab() as gitlab:
        yield Pipeline(desk, gitlab, commands)


def drifted(pipeline: Pipeline) -> None:
    limits = [{"amount": 900_000, "interval": "monthly"}]
    card = pipeline.desk.live()["cards.ads"]["id"]
    pipeline.desk.sdk.v1.issuing.cards.update(card, {"spending_controls": {"spending_limits": limits}})


def test_a_plan_is_one_note_updated_in_place(pipeline):
    pipeline.commands = Path(sys.executable).parent  # once as they start for a user
    for number in range(120):
        pipeline.gitlab.note("merge_requests/12", f"remark {number}", MARA)
    pipeline.gitlab.note("merge_requests/12", f"{MARK}\nLooks good to me!", MARA)
    pipeline.declare(2_000)
    first = pipeline.job("plan", CI_MERGE_REQUEST_IID="12")
    pipeline.declare(3_000)
    second = pipeline.job("plan", CI_MERGE_REQUEST_IID="12")

    (note,) = [note for note in pipeline.gitlab.notes if note["author"]["id"] == BOT]
    widget = json.loads((pipeline.desk.folder / "widget.json").read_text())
    assert (first.returncode, second.returncode) == (0, 0)
    assert pipeline.gitlab.writes == ["POST merge_requests/12/notes", "PUT merge_requests/12/notes/122"]
    assert note["body"].startswith(MARK)
    assert "$3,000.00 (300000) per month" in note["body"]
    assert "$2,000.00" not in note["body"]
    assert f"Commit `0123456789ab`; full plan in [this job]({JOB})" in note["body"]
    assert "Plan: 2 to create" in second.stdout
    assert widget == {"create": 2, "update": 0, "delete": 0}


def test_a_plan_that_fails_takes_the_place_of_the_old_one(pipeline):
    pipeline.declare(2_000)
    pipeline.job("plan", CI_MERGE_REQUEST_IID="12")
    pipeline.desk.write("cards: {ads: {typ: virtual}}\n")

    failed = pipeline.job("plan", CI_MERGE_REQUEST_IID="12")
    wrong = pipeline.job("plan", CI_MERGE_REQUEST_IID="12", STRIPE_READ_KEY="sk_live_wrong")

    (note,) = pipeline.gitlab.notes
    assert (failed.returncode, wrong.returncode) == (1, 1)
    assert "The plan failed (exit code 1)" in note["body"]
    assert "Plan: 2 to create" not in note["body"]


def test_a_check_is_the_same_note_and_a_code_quality_report(pipeline):
    pipeline.declare(2_000)
    pipeline.job("plan", CI_MERGE_REQUEST_IID="12")
    well = pipeline.job("check", CI_MERGE_REQUEST_IID="12")
    passed = pipeline.gitlab.notes[0]["body"]
    pipeline.desk.write(COMPANY.replace("email:", "emial:"), project="acme")
    (pipeline.desk.folder / "plan.json").unlink()
    failed = pipeline.job("check", CI_MERGE_REQUEST_IID="12")
    alone = pipeline.job("check", PROVISIONER_GITLAB_TOKEN="")

    (note,) = pipeline.gitlab.notes
    report = json.loads((pipeline.desk.folder / "code-quality.json").read_text(encoding="utf-8"))
    assert [done.returncode for done in (well, failed, alone)] == [0, 1, 1]
    assert passed.startswith(f"{MARK}\n### Check passed: project `acme`, `test` mode, account `acct_")
    assert "### Plan for project `acme`" in passed
    assert note["body"].startswith(f"{MARK}\n### Check failed: configuration `.`\n")
    assert [each["location"] for each in report] == [{"path": "provisioner.yaml", "lines": {"begin": 8}}]
    assert alone.stdout == failed.stdout


def test_a_check_that_a_guardrail_stops_leaves_its_plan(pipeline):
    pipeline.desk.write(COMPANY + CARD.format(LIMIT.format(1)) + "guardrails: {max_activated: 0}\n")

    stopped = pipeline.job("check", CI_MERGE_REQUEST_IID="12")
    allowed = pipeline.job("check", CI_MERGE_REQUEST_IID="12", PROVISIONER_ARGS="--allow=activated=1")

    assert (stopped.returncode, allowed.returncode) == (3, 0)
    assert json.loads((pipeline.desk.folder / "widget.json").read_text(encoding="utf-8"))["create"] == 2
    assert TEMPLATE["provisioner-check"]["artifacts"]["when"] == "always"


def test_two_environments_have_two_notes_and_two_issues(pipeline):
    pipeline.declare(2_000)
    for name in ("dev", "prod"):
        pipeline.desk.write(f"version: 1\nproject: acme-{name}\n", f"environments/{name}.yaml")
        pipeline.desk.run("apply", "--env", name, "--auto-approve")
    for card in pipeline.desk.sdk.v1.issuing.cards.list().data:
        limits = [{"amount": 900_000, "interval": "monthly"}]
        pipeline.desk.sdk.v1.issuing.cards.update(card.id, {"spending_controls": {"spending_limits": limits}})

    for name in ("dev", "prod"):
        pipeline.job("check", CI_MERGE_REQUEST_IID="12", PROVISIONER_ENV=name)
        pipeline.job("drift", PROVISIONER_ENV=name)

    heads = [note["body"].splitlines()[:2] for note in pipeline.gitlab.notes]
    assert [first for first, _ in heads] == [
        "<!-- provisioner plan root.dev -->",
        "<!-- provisioner plan root.prod -->",
    ]
    for (_, title), name in zip(heads, ("dev", "prod"), strict=True):
        assert f": project `acme-{name}`, environment `{name}`, `test` mode, account `acct_" in title
    titles = [issue["title"] for issue in pipeline.gitlab.issues]
    assert titles == ["Drift in acme-dev (dev)", "Drift in acme-prod (prod)"]


@pytest.mark.parametrize("without", ["PROVISIONER_GITLAB_TOKEN", "CI_MERGE_REQUEST_IID"])
def test_without_a_token_or_a_merge_request_it_is_the_plan_alone(pipeline, without):
    pipeline.declare(2_000)

    done = pipeline.job("plan", **{"CI_MERGE_REQUEST_IID": "12", without: ""})

    assert done.returncode == 0
    assert "Plan: 2 to create" in done.stdout
    assert (pipeline.desk.folder / "plan.html").exists()
    assert pipeline.gitlab.writes == []


@pytest.mark.parametrize(
    ("status", "warned"),
    [(503, "GitLab returned 503"), (302, "GitLab returned 302"), (0, "must begin with https://")],
)
def test_the_outcome_stands_where_gitlab_cannot_be_told(pipeline, status, warned):
    pipeline.declare(2_000)
    pipeline.gitlab.status = status
    base = {} if status else {"CI_API_V4_URL": "http://gitlab.example/api/v4"}

    done = pipeline.job("plan", CI_MERGE_REQUEST_IID="12", **base)

    assert done.returncode == 0
    assert "Warning: GitLab was not updated: " in done.stderr
    assert warned in done.stderr


def test_a_schedule_takes_back_what_ended_grants_gave(pipeline):
    pipeline.declare(2_000)
    pipeline.desk.run("apply", "--auto-approve")

    done = pipeline.job("expired-grants")

    assert (done.returncode, done.stdout) == (0, "Nothing that an ended grant gave is left in Stripe.\n")


def test_drift_opens_one_issue_and_closes_it_when_clean(pipeline):
    pipeline.declare(2_000)
    pipeline.desk.run("apply", "--auto-approve")
    clean = pipeline.job("drift")
    drifted(pipeline)
    first = pipeline.job("drift")
    opened = dict(pipeline.gitlab.issues[0])
    again = pipeline.job("drift")
    alone = pipeline.job("drift", PROVISIONER_GITLAB_TOKEN="")
    pipeline.desk.run("apply", "--auto-approve")
    after = pipeline.job("drift")

    codes = [done.returncode for done in (clean, first, again, alone, after)]
    assert codes == [0, 2, 2, 2, 0]
    assert pipeline.gitlab.writes == [
        "POST issues",
        "PUT issues/1",
        "POST issues/1/notes",
        "PUT issues/1",
    ]
    assert (opened["state"], opened["labels"]) == ("opened", "drift")
    assert "$9,000.00 (900000) per month (in Stripe)" in opened["description"]
    assert JOB in opened["description"]
    assert pipeline.gitlab.issues[0]["state"] == "closed"
    assert "Drift: 1 change made outside of provisioner" in alone.stdout


def test_an_error_closes_no_issue(pipeline):
    pipeline.declare(2_000)
    pipeline.desk.run("apply", "--auto-approve")
    drifted(pipeline)
    pipeline.job("drift")

    done = pipeline.job("drift", STRIPE_READ_KEY="sk_live_wrong")

    assert done.returncode == 7
    assert pipeline.gitlab.issues[0]["state"] == "opened"
    assert pipeline.gitlab.writes == ["POST issues"]


def test_what_was_planned_is_applied_and_told(pipeline):
    pipeline.declare(2_000)
    pipeline.job("plan")
    with fake_webhook() as webhook:
        done = pipeline.job("apply", STRIPE_API_KEY=KEY, PROVISIONER_NOTIFY=webhook.url)

    assert done.returncode == 0
    assert "Apply complete: " in webhook.messages[0]["text"]
    assert f"<{JOB}|This run>" in webhook.messages[0]["text"]
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize("words", [(), ("apply", "."), ("plan",), ("plan", "--out=plan.json")])
def test_other_words_are_an_error(words):
    done = subprocess.run(
        [sys.executable, "-m", "provisioner.ci.gitlab", *words], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert done.stderr == "Error: usage: python3 -m provisioner.ci.gitlab check|plan|drift PATH [OPTIONS]\n"


def test_an_apply_takes_arguments_from_whoever_starts_it(pipeline):
    money = 'guardrails: {max_top_up: "1.00 USD"}\nbalance_targets: {usd: {target: "3.00 USD"}}\n'
    pipeline.desk.write(COMPANY + money, project="acme")
    pipeline.job("plan")

    stopped = pipeline.job("apply", STRIPE_API_KEY=KEY)
    done = pipeline.job("apply", STRIPE_API_KEY=KEY, PROVISIONER_ARGS="--allow=top_up=300 --no-color")

    assert (stopped.returncode, done.returncode) == (3, 0)
    assert "Apply complete: " in done.stdout
