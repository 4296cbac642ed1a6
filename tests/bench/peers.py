"""The peers on the work that they have in common with us, as far as they can be had here."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.bench.estate import Estate
from tests.bench.installed import installed
from tests.bench.measure import PROVISIONER, serving
from tests.bench.rows import FAST, LARGE, Bench, Row

OCTODNS = "octodns==1.22.0"  # from PyPI
CONFIG = """providers:
  config: {{class: octodns.provider.yaml.YamlProvider, directory: {0}/a, default_ttl: 3600}}
  target: {{class: octodns.provider.yaml.YamlProvider, directory: {0}/b, default_ttl: 3600}}
zones:
  example.com.: {{sources: [config], targets: [target]}}
"""
ADDRESSES = (1, 8)  # of a record; with time and type, 3 values and 10
OCTODNS_DIFFERS = (
    "octoDNS compares N records in YAML with N in YAML on disk; provisioner N objects of 7 to 11 values "
    "in YAML with N that it gets over HTTP as JSON. Records of 10 values are as much data, those of 3 the "
    "smallest that octoDNS has."
)
RESOURCES = """resource "terraform_data" "holder" {{
  count = {holders}
  input = {{ name = "Ada ${{count.index}}", email = "holder-${{count.index}}@acme.example" }}
}}
resource "terraform_data" "card" {{
  count = {cards}
  input = {{ cardholder = terraform_data.holder[count.index % {holders}].id, limit = 200000 }}
}}
"""
TERRAFORM_DIFFERS = (
    "Terraform plans N built-in terraform_data objects of 2 values, which refer to each other, to be "
    "created, with no provider and no HTTP at all; provisioner N objects of 4 to 15 values, to be created in "
    "an account that it has read and found empty."
)


def octodns(bench: Bench, size: int, estate: Estate, home: Path) -> Iterator[tuple[Row, Row]]:
    """No-change plans of `size` objects, ours and octoDNS's, in turns; it has an environment of its own."""
    program = installed(home, OCTODNS, "octodns-sync")
    for addresses in ADDRESSES:
        folder = bench.folder / f"octodns-{size}-{addresses}"
        text = "---\n" + "".join(_record(number, addresses) for number in range(size))
        for side in "ab":
            (folder / side).mkdir(parents=True, exist_ok=True)
            (folder / side / "example.com.yaml").write_text(text)
        (folder / "config.yaml").write_text(CONFIG.format(folder))
        theirs = [program, f"--config-file={folder / 'config.yaml'}"]
        ours = [*PROVISIONER, "plan", str(estate.config), *FAST]
        with serving(estate.objects) as server:
            commands = [(ours, server.environ()), (theirs, dict(os.environ))]
            costs = bench.in_turns(commands, 1 if size >= LARGE else 5)
        what = f"no change, {size:,}"
        yield (
            Row(f"plan, {what}, in turns", costs[0]),
            Row(f"octoDNS, {what} of {addresses + 2} values", costs[1]),
        )


def _record(number: int, addresses: int) -> str:
    values = "".join(f"  - 10.{number >> 16 & 255}.{number >> 8 & 255}.{n}\n" for n in range(addresses))
    return f"h{number:06}:\n  ttl: 300\n  type: A\n  values:\n{values}"


def terraform(bench: Bench, size: int) -> Iterator[Row]:
    """A plan of `size` objects, where Terraform or OpenTofu is installed."""
    program = shutil.which("terraform") or shutil.which("tofu")
    if program is None:
        return
    folder = bench.folder / f"terraform-{size}"
    folder.mkdir(parents=True)
    (folder / "main.tf").write_text(RESOURCES.format(holders=size // 2, cards=size - size // 2))
    there = [program, f"-chdir={folder}"]
    environ = {**os.environ, "CHECKPOINT_DISABLE": "1"}
    bench.median([*there, "init", "-input=false", "-no-color"], environ)
    cost = bench.median([*there, "plan", "-input=false", "-no-color"], environ)
    yield Row(f"{Path(program).name}, all to be created, {size:,}", cost)
