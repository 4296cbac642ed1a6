"""The player of the pages: what it must notice."""

from pathlib import Path

import pytest
from support.pages import Block, blocks, rewritten
from support.playing import Play, play
from support.yaml_blocks import judge, parses

NOWHERE = "http://127.0.0.1:9"


def write(folder: Path, text: str) -> list[Block]:
    page = folder / "page.md"
    page.write_text(text.replace("~~~", "```"), encoding="utf-8")
    return blocks(page)


def played(folder: Path, text: str) -> tuple[Play, str]:
    page = write(folder, text)
    desk = folder / "desk"
    desk.mkdir()
    done = play(page, desk, NOWHERE, folder)
    return done, rewritten(folder / "page.md", lambda block: done.shown[block.line])


def test_what_is_shown_becomes_what_is_said(tmp_path):
    done, real = played(tmp_path, "~~~console\n$ echo one; exit_code\nsomething else\n~~~\n")

    assert "$ echo one; exit_code\none\n" in real
    assert "something else" not in real
    assert done.wrong == []


def test_a_page_is_one_shell_in_one_folder(tmp_path):
    page = """
~~~sh
mkdir cards && cd cards
export NAME=ada
false  # exits 1
~~~
~~~yaml
# teams/one.yaml
cards: {}
~~~
~~~console
$ echo $? $NAME in $(basename $PWD)
$ cat <<END
> $NAME
> END
$ cat teams/one.yaml | tail -1
~~~
"""
    done, real = played(tmp_path, page)

    assert done.wrong == []
    assert "$ echo $? $NAME in $(basename $PWD)\n0 ada in cards\n" in real
    assert "> END\nada\n" in real
    assert real.endswith("tail -1\ncards: {}\n```\n")


def test_a_line_that_fails_is_told_with_what_it_said(tmp_path):
    done, _ = played(tmp_path, "~~~sh\nls /nowhere\ntrue\n~~~\n")

    (wrong,) = done.wrong
    assert wrong.startswith("$ ls /nowhere\nended with 2")
    assert "No such file" in wrong


def test_a_line_that_ends_the_shell_is_told(tmp_path):
    done, _ = played(tmp_path, "~~~console\n$ exit 3\n$ echo unheard\n~~~\n")

    assert [wrong.partition("\n")[0] for wrong in done.wrong] == ["$ exit 3", "$ echo unheard"]


def test_ids_and_times_are_alike_and_the_rest_is_not(tmp_path):
    said = "ic_1RvKdXivwasIdclnhcVvofZ0 ic_mine 2025-01-31T23:59:59+00:00 $12.34 of 2025"
    _, real = played(tmp_path, f"~~~console\n$ printf '%s' '{said}' > said; cat said\n~~~\n")

    assert "\nic_... ic_mine 2026-11-23T09:30:00+00:00 $12.34 of 2025\n" in real


def test_a_reason_keeps_a_block_from_being_run(tmp_path):
    page = "<!-- not run: it would be loud -->\n~~~sh\nfalse\n~~~\n"

    assert [block.reason for block in write(tmp_path, page)] == ["it would be loud"]
    assert played(tmp_path, page)[0] == Play({1: ""}, [])


@pytest.mark.parametrize(
    "line", ["provisioner paln", "provisioner plan --sandbax", "echo 1 && provisioner fleet aply ."]
)
def test_commands_and_options_that_do_not_exist_are_noticed(line):
    with pytest.raises(Exception, match=r"[Nn]o such"):
        parses(line)


@pytest.mark.parametrize(
    "text",
    [
        "cards: {ads: {cardholder: acme, typ: virtual}}",
        "cards: {ads: {lifecycle: {reissue: {number: 1, reason: gone}}}}",
        "fleet: x",
        "repos: [{hooks: [{id: provisioner-valdate}]}]",
        "jobs: {a: {steps: [{uses: provisioner/provisioner@v1, with: {comand: plan}}]}}",
        "jobs: {a: {steps: [{run: provisioner plan --nothing}]}}",
        "jobs: {a: {env: {KEY: '${{ secrets.KEY }}'}, steps: [{run: pip install issuing-provisioner}]}}",
        "provisioner-plan: {script: [provisioner plann]}",
        "something: else",
        "- a list",
    ],
)
def test_yaml_that_cannot_be_meant_is_noticed(text, tmp_path):
    with pytest.raises(Exception, match=r"."):
        judge(text, tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "cards: {ads: {lifecycle: {reissue: {number: 1, reason: lost}}}}",
        "cardholders: {ada: {email: ada@example.com}}",
        "profiles: {p: {type: virtual}}",
        "scenarios: {s: {card: ads, amount: 100, category: taxicabs_limousines, expect: approved}}",
        "guardrails: {max_retired: 5}",
        'cards: {ads: {use: ads-card, second_line: "${env.LINE}"}}',
    ],
)
def test_a_part_of_a_configuration_is_enough(text, tmp_path):
    judge(text, tmp_path)


def test_steps_stand_in_the_order_of_their_phases_and_sorted_within_one(tmp_path):
    said = """
cards.old: canceled (ic_1)
cardholders.ada: deactivated (ich_1)
cards.b: created (ic_2)
cards.a: created (ic_3)
cards.c: updated (ic_4)
cards.b: activated (ic_2)
cards.a: activated (ic_3)
balance_targets.usd: topped up (tu_1)
Apply complete: 2 created, 1 updated, 0 replaced, 2 retired, 0 imported; topped up $300.00.
""".lstrip()
    (tmp_path / "said").write_text(said, encoding="utf-8")
    done, real = played(tmp_path, "~~~console\n$ cat ../../said\n~~~\n")

    assert done.wrong == []
    assert [line.partition(" (")[0] for line in real.splitlines()[2:-1]] == [
        "cards.old: canceled",
        "cardholders.ada: deactivated",
        "cards.a: created",
        "cards.b: created",
        "cards.c: updated",
        "cards.a: activated",
        "cards.b: activated",
        "balance_targets.usd: topped up",
        "Apply complete: 2 created, 1 updated, 0 replaced, 2 retired, 0 imported; topped up $300.00.",
    ]
