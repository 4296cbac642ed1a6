"""The inputs that GitHub passes to a step, and the outputs that the step sets."""

import json
import os
import secrets
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from github import GitHub

from provisioner.ci.command import slug
from provisioner.views.check.code_hosts import github_data


@dataclass
class Job:
    """The inputs of one step and its outputs so far; `environ` is the process's environment."""

    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    def input(self, name: str) -> str:
        """Return an input of the Action; empty if it was not given."""
        return self.environ.get(f"INPUT_{name.upper().replace('-', '_')}", "").strip()

    @property
    def arguments(self) -> list[str]:
        """Return the arguments of the command from the inputs; `args` has one or more per line."""
        env = [f"--env={self.input('env')}"] if self.input("env") else []
        more = [word for line in self.input("args").splitlines() for word in shlex.split(line)]
        policy = [f"--policy={self.input('policy')}"] if self.input("policy") else []
        asked = self.input("command") in ("check", "plan") and self.input("backtest")
        past = [f"--backtest={self.input('backtest')}"] if asked else []
        return [*env, *policy, *past, *more]

    @property
    def path(self) -> str:
        """Return the path of the configuration."""
        return self.input("path") or "."

    @property
    def notify(self) -> str:
        """Return the targets of notices, one per line: from the input, or else from the job's environment."""
        return self.input("notify") or self.environ.get("PROVISIONER_NOTIFY", "")

    @property
    def slug(self) -> str:
        """Return a name, for files, that is unique to this configuration in its repository."""
        return slug(self.path, self.input("env"))

    @property
    def event(self) -> dict[str, Any]:
        """Return the event that started the workflow."""
        where = self.environ.get("GITHUB_EVENT_PATH", "")
        event: dict[str, Any] = json.loads(Path(where).read_text(encoding="utf-8")) if where else {}
        return event

    @property
    def github(self) -> GitHub:
        """Return a client for this repository."""
        api = self.environ.get("GITHUB_API_URL", "https://api.github.com")
        return GitHub(api, self.environ["GITHUB_REPOSITORY"], self.environ.get("GITHUB_TOKEN", ""))

    @property
    def folder(self) -> Path:
        """Return the folder for files of this run, outside of the checkout."""
        folder = Path(self.environ.get("RUNNER_TEMP", ".provisioner")) / "provisioner"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @property
    def run_address(self) -> str:
        """Return the address of the page of this run."""
        names = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
        server, repository, run = (self.environ.get(name, "") for name in names)
        return f"{server}/{repository}/actions/runs/{run}" if run else ""

    def output(self, name: str, value: str) -> None:
        """Set an output; a random word marks its end."""
        if where := self.environ.get("GITHUB_OUTPUT"):
            end = secrets.token_hex(16)
            with Path(where).open("a", encoding="utf-8") as file:
                file.write(f"{name}<<{end}\n{value}\n{end}\n")

    def page(self, markdown: str) -> None:
        """Add to the summary page of the run."""
        if where := self.environ.get("GITHUB_STEP_SUMMARY"):
            with Path(where).open("a", encoding="utf-8") as file:
                file.write(markdown + "\n")

    def warn(self, text: str) -> None:
        """Show a warning on the page of the run."""
        sys.stdout.write(f"::warning title=provisioner::{github_data(text)}\n")
