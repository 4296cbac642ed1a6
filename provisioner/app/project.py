"""The Python API: load a configuration, connect to Stripe or a sandbox, plan, apply, find drift."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from provisioner.app import configuration
from provisioner.app.account import Account
from provisioner.app.apply import carry_out, silent
from provisioner.app.backtest import backtest_account
from provisioner.app.drift import DriftReport, find_account_drift
from provisioner.app.history import PastPeriod
from provisioner.app.plan import make_account_plan
from provisioner.app.ready import ready
from provisioner.app.sandboxes import sandbox_at
from provisioner.config.text.outside import Allowed
from provisioner.core.model.config import Config
from provisioner.core.model.errors import AccessError, GuardrailError, StaleError
from provisioner.core.plan.guardrails import judge
from provisioner.core.plan.plan import Plan
from provisioner.core.plan.selection import Selection
from provisioner.core.purchases.backtest_report import BacktestReport
from provisioner.engine.apply.execute import Report, Result
from provisioner.stripe_api.client import Transport
from provisioner.stripe_api.credentials import SANDBOX_KEY, key_for, safe_base
from provisioner.stripe_api.rate_limit import limits_for

NOTHING: Mapping[str, str] = MappingProxyType({})
NO_NUMBERS: Mapping[str, int] = MappingProxyType({})


class Project:
    """
    A configuration and, once it is connected, the Stripe account that it is compared with.

    It prints nothing, asks nothing and reads no environment variables. Every failure raises a
    `ProvisionerError`. Its subclasses distinguish causes, and their `exit_code` is the one that the command
    line returns. A connected project is a context manager that closes its connections and its sandbox, if it
    has one.

    config: the configuration, as it was loaded.
    """

    def __init__(
        self, config: Config, account: Account | None = None, stack: ExitStack | None = None
    ) -> None:
        self.config = config
        self._account = account
        self._stack = stack or ExitStack()

    @classmethod
    def load(
        cls,
        path: str | Path = ".",
        *,
        env: str | None = None,
        variables: Mapping[str, str] = NOTHING,
        environ: Mapping[str, str] = NOTHING,
        allow_env: Sequence[str] = (),
        allow_files: Sequence[str] = (),
        policy: str | Path | None = None,
    ) -> Self:
        """
        Load the file or folder at `path`, with the overrides of `environments/<env>.yaml`.

        `variables` are the values of `${var.NAME}`, `environ` those of `${env.NAME}`. `allow_env` names
        variables that may be read although they look like keys, `allow_files` files outside of the folder.
        The guardrails in the file `policy` tighten those of the configuration. Nothing is sent anywhere.
        Raises ConfigError, which lists every problem with its file and line.
        """
        allowed = Allowed(tuple(allow_env), tuple(allow_files))
        return cls(
            configuration.load(
                Path(path),
                env=env,
                variables=variables,
                environ=environ,
                allowed=allowed,
                policy=Path(policy) if policy else None,
            )
        )

    def connect(
        self,
        api_key: str,
        *,
        stripe_account: str | None = None,
        api_base: str | None = None,
        environ: Mapping[str, str] = NOTHING,
    ) -> "Project":
        """
        Return this project connected to Stripe; nothing is sent yet.

        `stripe_account` is the id of a connected account. `api_base` is an address to use instead of
        Stripe's, such as a sandbox's. `environ` is the environment for commands that receive secrets. Raises
        AccessError if the key is not for the configuration's mode, or if the address is not safe for a key.
        """
        key = key_for(self.config.mode, {"STRIPE_API_KEY": api_key})
        transport = Transport(
            key,
            limits=limits_for(self.config.mode),
            account=stripe_account,
            api_base=safe_base(api_base, self.config.mode),
        )
        return self._connected(Account(self.config, transport, environ=environ), ExitStack())

    def sandbox(self, state: str | Path | None = None, *, environ: Mapping[str, str] = NOTHING) -> "Project":
        """
        Return this project connected to a separate embedded Stripe API, which ends with the project.

        `state` is the file that stores the API's data; without it, the API starts empty and its data is lost.
        A configuration for live mode or for one account can be used unchanged. `environ` is the environment
        for commands that receive secrets.
        """
        stack = ExitStack()
        base = stack.enter_context(sandbox_at(Path(state) if state else None))
        config = self.config.for_sandbox()
        transport = Transport(SANDBOX_KEY, limits=limits_for("test"), api_base=base)
        return self._connected(Account(config, transport, environ=environ), stack)

    def plan(self, *, targets: Sequence[str] = (), excludes: Sequence[str] = ()) -> Plan:
        """
        Read Stripe with a client that cannot write, and plan the changes that would make it match.

        `targets` and `excludes` are addresses, in which `*` matches any text. Raises AccessError,
        StripeError, ConflictError, and ProvisionerError if an address matches nothing.
        """
        return make_account_plan(self._open, Selection(tuple(targets), tuple(excludes)))

    def apply(
        self,
        plan: Plan,
        *,
        on_progress: Callable[[Result], None] = silent,
        allow: Mapping[str, int] = NO_NUMBERS,
    ) -> Report:
        """
        Carry out a plan of this project, exactly as it was made.

        Stripe is read again first. `on_progress` is called as each step ends. `allow` maps a guardrail to the
        number up to which it may be exceeded, such as `{"retired": 12}`. Raises StaleError if the plan would
        be different now, GuardrailError if a guardrail blocks it, and as `plan` does; in these cases nothing
        is changed. Later failures are in the report, and applying again makes the remaining changes.
        """
        now = make_account_plan(self._open, plan.selection)
        if (now.fingerprint, now.blast) != (plan.fingerprint, plan.blast):
            raise StaleError(
                "Stripe has changed since this plan was made, so nothing was changed; plan again"
            )
        if dangers := judge(now, self.config.guardrails, allow):
            raise GuardrailError("\n".join(map(str, dangers)))
        return carry_out(self._open, now, on_progress)

    def drift(self) -> DriftReport:
        """Find changes made outside of provisioner since the last apply; raises as `plan` does."""
        return find_account_drift(self._open)

    def backtest(
        self,
        *,
        days: int = 90,
        history: str | Path | None = None,
        merchant_names: bool = False,
        headroom: bool = False,
        targets: Sequence[str] = (),
        excludes: Sequence[str] = (),
    ) -> BacktestReport:
        """
        Judge the purchases of the last days by the controls after a plan, with a client that cannot write.

        `history` is a file that stores the purchases, so that the next call reads only later ones; merchants'
        names are stored only with `merchant_names`. With `headroom`, the result includes the use of each
        limit. `targets` and `excludes` select a part of the plan, as in `plan`. Raises as `plan` does, and
        ProvisionerError if the history cannot be used.
        """
        period = PastPeriod(days, Path(history) if history else None, merchant_names)
        selection = Selection(tuple(targets), tuple(excludes))
        return backtest_account(self._open, period, selection, headroom=headroom)

    def close(self) -> None:
        """Close the connections, and end the sandbox if there is one."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _open(self) -> Account:
        if self._account is None:
            raise AccessError("this project is not connected; call connect(api_key) or sandbox() first")
        return ready(self._account)

    @staticmethod
    def _connected(account: Account, stack: ExitStack) -> "Project":
        stack.callback(account.transport.close)
        return Project(account.config, account, stack)
