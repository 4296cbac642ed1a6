"""The peers on the work that they have in common with us, as far as they are installed here."""

import shutil
from pathlib import Path

OCTODNS = """providers:
  config: {{class: octodns.provider.yaml.YamlProvider, directory: {0}/a, default_ttl: 3600}}
  target: {{class: octodns.provider.yaml.YamlProvider, directory: {0}/b, default_ttl: 3600}}
zones:
  example.com.: {{sources: [config], targets: [target]}}
"""
OCTODNS_DIFFERS = (
    "octoDNS compares N records of 3 values in YAML with N in YAML on disk; provisioner N objects of 4 "
    "to 15 values in YAML with N that it gets over HTTP as JSON."
)
TERRAFORM = """resource "terraform_data" "holder" {{
  count = {holders}
  input = {{ name = "Ada ${{count.index}}", email = "holder-${{count.index}}@acme.example" }}
}}
resource "terraform_data" "card" {{
  count = {cards}
  input = {{ cardholder = terraform_data.holder[count.index % {holders}].id, limit = 200000 }}
}}
"""
TERRAFORM_DIFFERS = (
    "Terraform plans N objects that refer to each other to be created (its plan is no dearer than one "
    "without changes), with no provider and no HTTP at all."
)


def octodns(folder: Path, count: int, program: str | None) -> list[str] | None:
    """The command of a no-change plan of `count` records; None where octoDNS is not installed."""
    found = program or shutil.which("octodns-sync")
    if found is None:
        return None
    text = "---\n" + "".join(
        f"h{n:06}:\n  ttl: 300\n  type: A\n  value: 10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}\n"
        for n in range(count)
    )
    for side in "ab":
        (folder / side).mkdir(parents=True, exist_ok=True)
        (folder / side / "example.com.yaml").write_text(text)
    (folder / "config.yaml").write_text(OCTODNS.format(folder))
    return [found, f"--config-file={folder / 'config.yaml'}"]


def terraform(folder: Path, count: int, program: str | None) -> list[str] | None:
    """The command of a plan of `count` objects; None where Terraform is not installed."""
    found = program or shutil.which("terraform")
    if found is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "main.tf").write_text(TERRAFORM.format(holders=count // 2, cards=count - count // 2))
    return [found, f"-chdir={folder}", "plan", "-input=false", "-no-color"]
