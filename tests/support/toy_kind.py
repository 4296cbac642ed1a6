"""A kind that no other file names, and the sandbox's rule for it: teams, each with a cardholder as leader."""

from typing import Any

from provisioner.core.schema.field import Field, OnChange, Shape
from provisioner.core.schema.kind import Kind, Retirement, Role
from provisioner.sandbox.registry import HandlerCall, Route, registered
from provisioner.sandbox.rules.common.listing import listed, retrieve
from provisioner.sandbox.rules.common.metadata import merged
from provisioner.sandbox.state.objects import Resource, new_id

TEAM_KIND = Kind(
    name="team",
    section="teams",
    service="issuing.teams",
    resource="issuing/teams",
    doc="People who work together.",
    rank=1,
    role=Role.HOLDER,
    object_name="issuing.team",
    id_prefix="team_",
    retirement=Retirement(deactivate={"status": "inactive"}),
    fields=(
        Field("leader", Shape.REF, required=True, refers_to="cardholders"),
        Field("trade", doc="What it does; it cannot become another.", on_change=OnChange.REPLACE),
        Field("color", doc="What it wears.", choices=("red", "blue", "green")),
        Field("status", choices=("active", "inactive"), default="active"),
        Field("metadata", Shape.MAP),
    ),
)

TEAM = registered(Resource("issuing.team", "team_", "team"))


def create(call: HandlerCall) -> dict[str, Any]:
    """Make a team."""
    params = {name: value for name, value in call.params.items() if name != "expand"}
    blank = {"id": new_id("team_"), "object": "issuing.team", "created": call.tx.now, "status": "active"}
    team = {**blank, **params, "metadata": merged({}, params)}
    call.tx.add(TEAM, team)
    return team


def update(call: HandlerCall) -> dict[str, Any]:
    """Change a team; what it does stays."""
    team = call.tx.fetch(TEAM, call.id)
    team |= {**call.params, "metadata": merged(team["metadata"], call.params)}
    call.tx.put(TEAM, team)
    return team


_WRITTEN = {"leader": "str", "color": "str", "status": "str", "metadata": {"map": "str"}}
_PAGE = {"limit": "int", "starting_after": "str", "ending_before": "str", "expand": {"list": "str"}}
PARAMS: dict[str, dict[str, Any]] = {
    "own.TeamCreate": {"fields": {**_WRITTEN, "trade": "str"}, "required": ["leader"]},
    "own.TeamUpdate": {"fields": _WRITTEN, "required": []},
    "own.TeamList": {"fields": _PAGE, "required": []},
}
_URL = "/v1/issuing/teams"
ROUTES = (
    Route("POST", _URL, create, "own.TeamCreate", "issuing_cardholder", TEAM),
    Route("GET", _URL, listed(TEAM, _URL), "own.TeamList", "issuing_cardholder", TEAM),
    Route("GET", f"{_URL}/{{id}}", retrieve(TEAM), "own.Nothing", "issuing_cardholder", TEAM),
    Route("POST", f"{_URL}/{{id}}", update, "own.TeamUpdate", "issuing_cardholder", TEAM),
)
