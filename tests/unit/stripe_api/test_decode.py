"""Answers as values: whole ones, and pages of which only a part is wanted."""

import json
from typing import Any

import msgspec
import pytest

from provisioner.app.account import ANSWERS
from provisioner.engine.ports import Wanted
from provisioner.stripe_api.answers import values

WANTED = Wanted(frozenset({"id", "status", "shipping"}), frozenset({"cardholder"}))


def read(page: Any) -> Any:
    return ANSWERS.page_of("issuing/cards", WANTED)(json.dumps(page).encode())


def test_of_the_objects_of_a_page_only_what_is_wanted_is_there() -> None:
    holder = {"id": "ich_1", "object": "issuing.cardholder", "name": "Ada"}
    shipping = {"status": "shipped", "address": {"city": "Reno"}}
    card = {"id": "ic_1", "status": "active", "shipping": shipping, "cardholder": holder, "last4": "4242"}
    page = {"object": "list", "has_more": True, "url": "/v1/issuing/cards", "data": [card]}

    kept = {"id": "ic_1", "status": "active", "shipping": shipping, "cardholder": {"id": "ich_1"}}
    assert read(page) == {"has_more": True, "data": [kept]}


@pytest.mark.parametrize("holder", ["ich_1", None, {"id": "ich_1"}])
def test_a_reference_is_an_id_an_object_or_nothing(holder: Any) -> None:
    page = {"has_more": False, "data": [{"id": "ic_1", "cardholder": holder}]}
    assert read(page) == page


@pytest.mark.parametrize(
    "page",
    [
        [],
        5,
        {"data": None},
        {"data": []},
        {"data": [None], "has_more": False},
        {"data": [{"id": "ic_1", "cardholder": 5}], "has_more": False},
        {"data": [{"id": "ic_1", "cardholder": {}}], "has_more": False},
        {"data": [{"id": "ic_1/../../account"}], "has_more": False},
        {"data": [{"id": "ic_1", "shipping": {"status": 5}}], "has_more": False},
        {"data": [{"status": "active"}], "has_more": False},
        {"error": {"type": "api_error"}, "data": {}},
    ],
)
def test_a_page_of_another_form_is_refused(page: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        read(page)


@pytest.mark.parametrize("read", [values, ANSWERS.page_of("issuing/cards", WANTED)])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"{} {}",
        b'{"data": [{"id": "ic_1"}',
        b'{"data": [{"id": "\xff"}]}',
        b'{"data": [{"last4": ' + b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
    ],
)
def test_what_is_no_json_is_an_error(read: Any, body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says, it is not told
        read(body)
