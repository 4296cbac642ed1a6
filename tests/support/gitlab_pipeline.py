"""Pipelines as GitLab reads them: `include` of our files and `extends` resolved (docs.gitlab.com/ci/yaml)."""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
Job = dict[str, Any]


def pipeline(text: str) -> dict[str, Any]:
    """The variables and the jobs of a pipeline, each with what it extends."""
    found = yaml.safe_load(text)
    whole: dict[str, Any] = {}
    for each in found.pop("include", []):
        file = ROOT / (each.get("local") or each["file"])
        assert "local" in each or each["project"] == "<OWNER>/provisioner"
        whole = merged(whole, pipeline(file.read_text(encoding="utf-8")))
    whole = merged(whole, found)
    return {name: extended(whole, name) if name != "variables" else job for name, job in whole.items()}


def extended(whole: dict[str, Any], name: str) -> Job:
    job = dict(whole[name])
    above: Job = {}
    bases = job.pop("extends", [])
    for base in [bases] if isinstance(bases, str) else bases:
        above = merged(above, extended(whole, base))
    return merged(above, job)


def merged(one: Job, other: Job) -> Job:
    """Mappings are merged key by key; everything else is replaced."""
    both = {**one, **other}
    for key in one.keys() & other.keys():
        if isinstance(one[key], dict) and isinstance(other[key], dict):
            both[key] = merged(one[key], other[key])
    return both
