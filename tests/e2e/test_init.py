"""`init`: from an empty folder to a plan, without a question; nothing of the user's is touched."""

import json
import re
import subprocess
from types import SimpleNamespace

import pytest
import yaml
from support.gitlab_pipeline import pipeline
from support.pages import PAGES, PLAYED, ROOT, blocks

from e2e.conftest import COMPANY, Desk, body

CARD = "cards:\n  ads: {cardholder: acme, type: virtual, currency: usd, status: active}\n"


def git(desk: Desk, *words: str) -> None:
    subprocess.run(["git", *words], cwd=desk.folder, check=True, capture_output=True)


def test_what_init_writes_validates_and_plans_as_it_stands(desk):
    git(desk, "init", "-q", "-b", "trunk")

    said = desk.run("init").output
    workflow = (desk.folder / ".github/workflows/provisioner.yml").read_text(encoding="utf-8")
    plan = desk.run("plan", "--detailed-exitcode", code=2).output
    desk.run("apply", "--auto-approve")

    assert "provisioner plan --sandbox" in said
    assert desk.run("validate").exit_code == 0
    assert "Plan: 2 to create" in plan
    assert body(desk.run("plan").output) == "No changes. Stripe matches the configuration.\n"
    assert yaml.safe_load(workflow)[True]["push"]["branches"] == ["trunk"]
    assert json.loads((desk.folder / "provisioner.schema.json").read_text(encoding="utf-8"))["title"]
    first = (desk.folder / "provisioner.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=provisioner.schema.json"


def test_what_the_pages_write_beside_a_project_is_not_committed(desk):
    """Saved plans, caches, sandboxes and the like, by the names that README and docs/ give them."""
    git(desk, "init", "-q")
    desk.run("init")
    ending = r"\.(?:json|cache|db|html|history|prom)\b"
    option = re.compile(rf"(?:--(?:out|cache|state|history|metrics)|> )[ =]?((?!\.)\b[\w./-]+{ending})")
    text = "\n".join(block.text for page in PAGES for block in blocks(page) if block.language in PLAYED)
    named = {file for file in option.findall(text) if not file.startswith("examples/")}

    ignored = subprocess.run(
        ["git", "check-ignore", *named], cwd=desk.folder, capture_output=True, text=True, check=False
    )

    assert {"plan.json", "cards.cache", "sandbox.db"} <= named
    assert named - set(ignored.stdout.split()) == set()


def test_nothing_is_overwritten(desk):
    desk.write(COMPANY)
    ignore = desk.folder / ".gitignore"
    ignore.write_text("dist/", encoding="utf-8")
    before = (desk.folder / "provisioner.yaml").read_text(encoding="utf-8")

    said = desk.run("init").output
    again = desk.run("init").output

    assert "kept   provisioner.yaml" in said
    assert (desk.folder / "provisioner.yaml").read_text(encoding="utf-8") == before
    assert ignore.read_text(encoding="utf-8").splitlines()[0] == "dist/"
    assert ignore.read_text(encoding="utf-8").count(".provisioner/") == 1
    assert "wrote" not in again


def test_a_folder_with_other_yaml_is_left_alone(desk):
    (desk.folder / "compose.yaml").write_text("services: {}\n", encoding="utf-8")

    said = desk.run("init", code=1).output
    desk.run("init", "issuing")

    assert "compose.yaml" in said
    assert desk.run("validate", "issuing").exit_code == 0
    assert not (desk.folder / "provisioner.yaml").exists()


def test_the_workflow_knows_the_folder_and_the_host(desk):
    git(desk, "init", "-q")
    git(desk, "remote", "add", "origin", "git@gitlab.example:acme/cards.git")

    desk.run("init", "finance/issuing")

    pipeline = yaml.safe_load((desk.folder / ".gitlab-ci.yml").read_text(encoding="utf-8"))
    assert pipeline["variables"]["PROVISIONER_PATH"] == "finance/issuing"
    assert pipeline["include"][0]["project"] == "<OWNER>/provisioner"
    assert pipeline["variables"]["PROVISIONER_IMAGE"].startswith("<REGISTRY>/")
    assert "project: issuing" in (desk.folder / "finance/issuing/provisioner.yaml").read_text(
        encoding="utf-8"
    )


def test_the_workflow_names_no_copy_that_somebody_else_may_own(desk):
    workflow = desk.folder / ".github/workflows/provisioner.yml"
    hint = ".github/workflows/provisioner.yml, replace <OWNER>/provisioner with your copy of provisioner"

    assert hint in desk.run("init").output
    jobs = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"].values()
    used = {step["uses"].partition("@")[0] for job in jobs for step in job["steps"]}
    assert used == {"actions/checkout", "<OWNER>/provisioner"}

    text = workflow.read_text(encoding="utf-8").replace("<OWNER>/provisioner", "acme/provisioner")
    workflow.write_text(text, encoding="utf-8")
    assert "put your copy" not in desk.run("init").output


def test_an_account_with_nothing_to_begin_with_is_told_so_and_nothing_is_written(desk):
    desk.write(COMPANY + CARD, "other/provisioner.yaml", project="elsewhere")
    desk.run("apply", "other", "--auto-approve")

    began = desk.run("init", "adopted", "--from-stripe", code=1)
    exported = desk.run("export", code=1)

    said = "Error: nothing to export: Stripe has no cardholder or card of this project, or without a project"
    assert (
        began.output
        == exported.output
        == f"{said}; project 'elsewhere' has 2 (`provisioner export --project elsewhere`)\n"
    )
    assert exported.stdout == ""
    assert not list((desk.folder / "adopted").iterdir())


def given(
    expression: str, event: str, ref: str = "main", *, failed: bool = False, **inputs: object
) -> object:
    """What an expression of GitHub's comes to; those of the workflow mean the same in Python's words."""
    python = expression.strip("${} ").replace("&&", "and").replace("||", "or")
    python = re.sub(r"!(?=\w)", "not ", python)
    repository = SimpleNamespace(default_branch="main")
    github = SimpleNamespace(event_name=event, ref_name=ref, event=SimpleNamespace(repository=repository))
    names = {"github": github, "inputs": SimpleNamespace(**{"apply": None, "args": None, **inputs})}
    names |= {"failure": lambda: failed, "cancelled": lambda: False}
    return eval(python, {"__builtins__": {}}, names)  # noqa: S307 - our own text


@pytest.mark.parametrize(
    ("event", "jobs", "plan"),
    [
        ({"event": "pull_request"}, ["check"], ""),
        ({"event": "push"}, ["apply"], "approved"),
        ({"event": "schedule"}, ["drift", "expired-grants"], ""),
        ({"event": "workflow_dispatch"}, ["drift"], ""),
        ({"event": "workflow_dispatch", "apply": True}, ["apply"], "none"),
        ({"event": "workflow_dispatch", "apply": True, "ref": "unreviewed"}, [], ""),
    ],
    ids=str,
)
def test_each_event_runs_its_jobs_and_an_apply_by_hand_is_of_the_main_branch(desk, event, jobs, plan):
    desk.run("init")
    text = (desk.folder / ".github/workflows/provisioner.yml").read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)

    assert [name for name, one in workflow["jobs"].items() if given(one["if"], **event)] == jobs
    with_ = workflow["jobs"]["apply"]["steps"][-1]["with"]
    assert workflow[True]["workflow_dispatch"]["inputs"].keys() == {"apply", "args"}
    assert given(with_["args"], "workflow_dispatch", args="--allow=top_up=1") == "--allow=top_up=1"
    assert jobs != ["apply"] or given(with_["plan"], **event) == plan
    nightly = workflow["jobs"]["expired-grants"]
    assert (nightly["environment"], nightly["concurrency"]) == ("stripe", "stripe-issuing-apply")
    assert nightly["steps"][-1]["with"] == {
        "command": "apply",
        "path": ".",
        "plan": "none",
        "args": "--expired-grants",
    }


def test_the_workflow_tells_what_becomes_of_applies_that_wait(desk):
    """docs.github.com, "Control workflow concurrency": a pending job gives way to a newer one."""
    desk.run("init")
    text = (desk.folder / ".github/workflows/provisioner.yml").read_text(encoding="utf-8")
    said = text.partition("    concurrency:")[0].rpartition("environment: stripe\n")[2]

    assert "drops the others" in said
    for page in re.findall(r"docs/[\w/-]+\.md", text):
        assert (ROOT / page).exists()


def test_a_project_begins_with_what_is_live(desk):
    desk.write(COMPANY + CARD, project="elsewhere")
    desk.run("apply", "--auto-approve")
    holder = desk.live("cardholders")["cardholders.acme"]["id"]
    marks = dict.fromkeys(desk.live("cardholders")["cardholders.acme"]["metadata"], "")
    desk.sdk.v1.issuing.cardholders.update(holder, {"metadata": marks})
    desk.run("init", "adopted", "--from-stripe")

    text = (desk.folder / "adopted/provisioner.yaml").read_text(encoding="utf-8")
    config = yaml.safe_load(text)
    desk.run("validate", "adopted")
    desk.run("import", "adopted", "--all", "--auto-approve")

    assert config["account"].startswith("acct_")
    assert [holder["name"] for holder in config["cardholders"].values()] == ["Acme Inc"]
    assert body(desk.run("plan", "adopted").output) == "No changes. Stripe matches the configuration.\n"


def test_a_folder_with_accents_gives_a_readable_name(desk):
    desk.run("init", "Zoë's Große Ads")

    text = (desk.folder / "Zoë's Große Ads/provisioner.yaml").read_text(encoding="utf-8")
    assert "project: zoe-s-grosse-ads" in text


def workflow_of(desk: Desk, *words: str) -> dict:
    desk.run("init", *words)
    return yaml.safe_load((desk.folder / ".github/workflows/provisioner.yml").read_text(encoding="utf-8"))


def test_two_environments_validate_and_plan_as_they_stand(desk):
    said = desk.run("init", "finance/cards", "--envs", "dev,prod").output

    assert "  provisioner plan finance/cards --env prod --sandbox\n" in said
    for env, mode in (("dev", "test"), ("prod", "live")):
        file = desk.folder / f"finance/cards/environments/{env}.yaml"
        overlay = yaml.safe_load(file.read_text(encoding="utf-8"))
        assert overlay == {"project": f"cards-{env}", "mode": mode}
        desk.run("validate", "finance/cards", "--env", env)
        plan = desk.run("plan", "finance/cards", "--env", env, "--sandbox").stdout
        assert plan.startswith(f"Project cards-{env}, environment {env}, test mode, account acct_")
        assert "Plan: 2 to create" in plan


def test_environments_that_exist_are_kept(desk):
    desk.write("project: mine\n", "environments/dev.yaml", project="mine")
    desk.write(COMPANY)
    before = (desk.folder / "environments/dev.yaml").read_text(encoding="utf-8")

    said = desk.run("init", "--envs", "dev, prod").output

    assert "kept   environments/dev.yaml" in said
    assert "wrote  environments/prod.yaml" in said
    assert (desk.folder / "environments/dev.yaml").read_text(encoding="utf-8") == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--envs", "dev,Prod"], "'Prod' is not the name of an environment"),
        (["--envs", "dev,"], "'' is not the name of an environment"),
        (["--envs", "../dev"], "'../dev' is not the name of an environment"),
        (["--envs", "dev,dev"], "an environment is named twice"),
        (["--envs", "dev", "--from-stripe"], "--envs cannot be used with --from-stripe"),
    ],
    ids=str,
)
def test_names_that_no_file_can_have_are_refused(desk, words, said):
    assert said in desk.run("init", *words, code=1).output
    assert list(desk.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("event", "jobs"),
    [
        ({"event": "pull_request"}, ["check"]),
        ({"event": "push"}, ["apply-dev", "apply-us-prod"]),
        ({"event": "push", "failed": True}, []),
        ({"event": "schedule"}, ["drift", "expired-grants"]),
        ({"event": "workflow_dispatch", "apply": "none"}, ["drift"]),
        ({"event": "workflow_dispatch", "apply": "us-prod"}, ["apply-us-prod"]),
        ({"event": "workflow_dispatch", "apply": "us-prod", "ref": "unreviewed"}, []),
    ],
    ids=str,
)
def test_environments_are_checked_together_and_applied_one_after_the_other(desk, event, jobs):
    workflow = workflow_of(desk, "--envs", "dev,us-prod")

    assert [name for name, job in workflow["jobs"].items() if given(job["if"], **event)] == jobs
    for name in ("check", "drift"):
        rows = workflow["jobs"][name]["strategy"]["matrix"]["include"]
        keys = ("STRIPE_READ_KEY_DEV", "STRIPE_READ_KEY_US_PROD")
        assert [(row["env"], row["key"]) for row in rows] == [*zip(("dev", "us-prod"), keys, strict=True)]
        assert workflow["jobs"][name]["strategy"]["fail-fast"] is False
    dev, prod = workflow["jobs"]["apply-dev"], workflow["jobs"]["apply-us-prod"]
    assert ("needs" in dev, prod["needs"]) == (False, ["apply-dev"])
    assert (dev["environment"], prod["environment"]) == ("stripe-dev", "stripe-us-prod")
    assert dev["concurrency"] != prod["concurrency"]
    for env, job in (("dev", dev), ("us-prod", prod)):
        asked = job["steps"][-1]["with"]
        assert (asked["command"], asked["env"]) == ("apply", env)
        assert given(asked["plan"], "push") == "approved"
        assert given(asked["plan"], "workflow_dispatch", apply=env) == "none"
    assert workflow[True]["workflow_dispatch"]["inputs"]["apply"]["options"] == ["none", "dev", "us-prod"]


def test_a_pipeline_of_gitlab_has_the_jobs_of_each_environment(desk):
    git(desk, "init", "-q")
    git(desk, "remote", "add", "origin", "git@gitlab.example:acme/cards.git")
    desk.run("init", "--envs", "dev,prod")

    whole = pipeline((desk.folder / ".gitlab-ci.yml").read_text(encoding="utf-8"))

    jobs = {name: job for name, job in whole.items() if "script" in job and not name.startswith(".")}
    assert [*jobs] == [
        f"{job}-{env}"
        for env in ("dev", "prod")
        for job in ("check", "plan", "apply", "drift", "expired-grants")
    ]
    for name, job in jobs.items():
        env = name.rpartition("-")[2]
        assert job["variables"]["PROVISIONER_ENV"] == env
        assert job["variables"]["PROVISIONER_READ_KEY"] == f"$STRIPE_READ_KEY_{env.upper()}"
        assert job["rules"]
    assert jobs["apply-dev"]["needs"] == ["plan-dev"]
    assert jobs["apply-prod"]["needs"] == ["plan-prod", "apply-dev"]
    assert [jobs[f"apply-{env}"]["environment"] for env in ("dev", "prod")] == ["stripe-dev", "stripe-prod"]
    assert {jobs[f"apply-{env}"]["rules"][0]["when"] for env in ("dev", "prod")} == {"manual"}
    assert whole["variables"]["PROVISIONER_PATH"] == "."
