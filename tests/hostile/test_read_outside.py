"""The author of a pull request writes the YAML: by it they read no key and no file of the machine."""

import os
from pathlib import Path

import pytest
from e2e.conftest import COMPANY, KEY, Desk

CANARY = "canary-of-the-machine"
HOLDER = COMPANY + "    metadata: {note: '%s'}\n"


def note(desk: Desk) -> str:
    """What the cardholder carries in Stripe after an apply."""
    desk.run("apply", "--auto-approve")
    return desk.live("cardholders")["cardholders.acme"]["metadata"]["note"]


def refused(desk: Desk, *options: str, place: str = "provisioner.yaml:11:22") -> str:
    """Validation and apply fail alike, nothing is sent, and the canary is in no message."""
    said = [
        desk.run(words, *more, *options, code=1)
        for words, *more in (["validate"], ["apply", "--auto-approve"])
    ]
    assert said[0].stderr == said[1].stderr.replace("; nothing was changed.", ".")
    assert CANARY not in said[0].output + said[1].output
    assert KEY not in said[0].output + said[1].output
    assert said[0].stderr.startswith(f"{place}: ")
    assert not desk.live("cardholders")
    return said[0].stderr


@pytest.mark.parametrize(
    "name",
    [
        "STRIPE_API_KEY",
        "STRIPE_READ_KEY",
        "GITHUB_TOKEN",
        "GH_TOKEN",
        "gh_token",
        "CI_JOB_TOKEN",
        "AWS_ACCESS_KEY_ID",
        "AWS_PROFILE",
        "DB_PASSWORD",
        "PGPASSWORD",
        "CLIENT_SECRET",
        "GH_PAT",
        "INPUT_GITHUB-TOKEN",
        "PROVISIONER_OTHER",
        "SLACK_WEBHOOK_URL",
        "HTTPS_PROXY",
    ],
)
@pytest.mark.parametrize("through", ["value", "variable"])
def test_a_variable_that_holds_a_key_is_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, name: str, through: str
):
    if name != "STRIPE_API_KEY":
        monkeypatch.setenv(name, CANARY)
    if through == "value":
        desk.write(HOLDER % f"x ${{env.{name}}}")
        said = refused(desk)
    else:
        desk.write(HOLDER % "${var.x}" + f"vars: {{x: '${{env.{name}}}'}}\n")
        said = refused(desk, place="provisioner.yaml:12:11")

    assert f"pass --allow-env {name}" in said


@pytest.mark.parametrize(
    "value",
    [
        KEY,
        f"Bearer {KEY}",
        f"rk_live_{CANARY}",
        f"whsec_{CANARY}",
        f"postgres://app:{CANARY}@db.internal/app",
        f"redis://:{CANARY}@cache:6379",
        f"-----BEGIN RSA PRIVATE KEY-----\n{CANARY}",
        "ghp_" + "a" * 36,
    ],
)
def test_a_variable_with_a_key_in_it_is_refused_whatever_its_name(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, value: str
):
    monkeypatch.setenv("NOTE", value)
    desk.write(HOLDER % "${env.NOTE}")

    said = refused(desk)

    assert value not in said
    assert "pass --allow-env NOTE to allow it" in said


@pytest.mark.parametrize("value", ["https://example.com/a?b=c:d@e", "task_test_1", "a:b@example.com"])
def test_a_variable_that_only_resembles_one_with_a_key_is_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, value: str
):
    monkeypatch.setenv("NOTE", value)
    desk.write(HOLDER % "${env.NOTE}")

    assert note(desk) == value


def test_a_variable_that_the_command_allows_is_read_and_others_are_not(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MONKEY", "george")
    desk.write(HOLDER % "${env.MONKEY}")
    assert "--allow-env MONKEY" in refused(desk, "--allow-env", "OTHER")

    desk.run("apply", "--auto-approve", "--allow-env", "MONKEY")

    assert desk.live("cardholders")["cardholders.acme"]["metadata"]["note"] == "george"


@pytest.fixture
def outside(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of the machine, with links to it and hidden files in the configuration's folder."""
    folder = tmp_path_factory.mktemp("machine")
    file = folder / "shadow"
    file.write_text(CANARY)
    (desk.folder / "link").symlink_to(file)
    (desk.folder / "folder").symlink_to(folder)
    (desk.folder / ".git").mkdir()
    for name in (".git/config", ".env"):
        (desk.folder / name).write_text(CANARY)
    (desk.folder / "to-hidden").symlink_to(".git/config")
    return file


@pytest.mark.parametrize(
    "name",
    ["{0}", "link", "folder/shadow", "../machine0/shadow", ".git/config", ".env", "to-hidden", "{0}/.."],
)
def test_a_file_elsewhere_is_refused(desk: Desk, outside: Path, name: str):
    name = name.format(outside)
    desk.write(HOLDER % f"${{file.{name}}}")

    assert f"or pass --allow-file {name}" in refused(desk)


@pytest.mark.parametrize("allowed", ["file", "folder", "link"])
def test_a_file_that_the_command_allows_is_read(desk: Desk, outside: Path, allowed: str):
    paths = {"file": outside, "folder": outside.parent, "link": desk.folder / "link"}
    desk.write(HOLDER % f"${{file.{outside}}}")

    desk.run("apply", "--auto-approve", "--allow-file", "no-such-file", "--allow-file", str(paths[allowed]))

    assert desk.live("cardholders")["cardholders.acme"]["metadata"]["note"] == CANARY


def test_files_in_the_folder_are_read_from_wherever_they_are_named(desk: Desk):
    (desk.folder / "private").mkdir()
    (desk.folder / "private" / "note").write_text("mine\n")
    (desk.folder / "inside").symlink_to("private/note")
    desk.write(HOLDER % "${file.inside}")
    assert note(desk) == "mine"

    desk.write(
        "cardholders: {acme: {metadata: {note: '${file.../private/note} too'}}}", "environments/prod.yaml"
    )
    desk.run("apply", "--auto-approve", "--env", "prod")

    assert desk.live("cardholders")["cardholders.acme"]["metadata"]["note"] == "mine too"


@pytest.mark.parametrize("what", ["pipe", "folder", "large", "circle", "/dev/zero", "nothing"])
def test_what_is_no_file_of_text_neither_hangs_nor_ends_in_a_traceback(desk: Desk, what: str):
    os.mkfifo(desk.folder / "pipe")
    (desk.folder / "folder").mkdir()
    (desk.folder / "circle").symlink_to("circle")
    (desk.folder / "large").touch()
    os.truncate(desk.folder / "large", 2**34)
    desk.write(HOLDER % f"${{file.{what}}}")

    said = refused(desk, *(["--allow-file", what] if what.startswith("/") else []))

    assert "provisioner's own" not in said


def test_a_link_named_like_yaml_shows_nothing_of_what_it_leads_to(desk: Desk, outside: Path):
    outside.write_text(f"root:{CANARY}:0:0\n{CANARY}: 1\n")
    desk.write(HOLDER % "x")
    (desk.folder / "more.yaml").symlink_to(outside)

    said = refused(desk, place="more.yaml:1:1")

    assert "this link leads outside the configuration folder; pass --allow-file more.yaml to allow it" in said


def test_a_link_to_a_profile_of_others_may_be_allowed(desk: Desk, outside: Path):
    outside.write_text("profiles: {p: {metadata: {note: shared}}}\n")
    desk.write(COMPANY + "    use: p\n")
    (desk.folder / "more.yaml").symlink_to(outside)

    desk.run("apply", "--auto-approve", "--allow-file", str(outside))

    assert desk.live("cardholders")["cardholders.acme"]["metadata"]["note"] == "shared"


@pytest.mark.parametrize("path", ["there", "there/a.yaml"])
def test_a_folder_that_has_become_a_link_makes_nothing_the_configurations_own(
    desk: Desk, outside: Path, path: str
):
    desk.write(HOLDER % f"${{file.{outside}}}", str(outside.parent / "a.yaml"))
    (desk.folder / "there").symlink_to(outside.parent)

    said = desk.run("validate", path, code=1).stderr

    assert "outside the configuration folder" in said
    desk.run("validate", path, "--allow-file", path if path == "there" else str(outside))
    desk.run("validate", str(outside.parent))


FLEET = "version: 1\nfleet: f\nconfiguration: %s\nroster: %s\n"
ROSTER = "account\nacct_1A\n"


def test_a_fleet_reads_in_its_own_folder(desk: Desk, outside: Path):
    (outside.parent / "a.yaml").write_text(f"{CANARY}: 1\n")
    (outside.parent / "r.csv").write_text(f"account,{CANARY}\n")
    (desk.folder / "r.csv").symlink_to(outside.parent / "r.csv")
    desk.write(FLEET % (outside.parent, "r.csv"), "fleet.yaml")

    said = desk.run("fleet", "plan", "--sandbox", code=1).output

    assert CANARY not in said
    assert "r.csv:1:1: this link leads outside the configuration folder" in said
    (desk.folder / "r.csv").unlink()
    (desk.folder / "r.csv").write_text(ROSTER)
    said = desk.run("fleet", "plan", "--sandbox", code=1).output
    assert CANARY not in said
    assert "is outside of the fleet's folder; allow it with --allow-file" in said
    assert (
        CANARY in desk.run("fleet", "plan", "--sandbox", "--allow-file", str(outside.parent), code=1).output
    )


def test_what_a_fleet_is_allowed_its_accounts_are_too(
    desk: Desk, outside: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MONKEY", "george")
    desk.write(HOLDER % f"${{env.MONKEY}} ${{file.{outside}}}", "shop/a.yaml")
    (desk.folder / "r.csv").write_text(ROSTER)
    desk.write(FLEET % ("shop", "r.csv"), "fleet.yaml")
    assert "--allow-env MONKEY" in desk.run("fleet", "plan", "--sandbox", code=1).output

    options = ["--allow-env", "MONKEY", "--allow-file", str(outside)]

    assert "1 to create" in desk.run("fleet", "plan", "--sandbox", *options).output
