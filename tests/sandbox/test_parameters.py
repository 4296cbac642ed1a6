"""What a request may say: nothing that Stripe's types do not name, and everything in the right form."""

import pytest

from provisioner.sandbox import sdk_types
from provisioner.sandbox.api import forms
from provisioner.sandbox.registry import UploadedFile
from provisioner.sandbox.state.errors import ApiError

from .conftest import ADDRESS, NEWEST_SDK

HOLDER = {"name": "Company Card", "billing": {"address": ADDRESS}}
HOLDERS = "/v1/issuing/cardholders"


@NEWEST_SDK
def test_the_parameter_types_are_those_of_the_installed_sdk() -> None:
    stale = "run `python -m provisioner.sandbox.sdk_types`"
    assert sdk_types.DATA.read_text(encoding="utf-8") == sdk_types.rendered(), stale


@pytest.mark.parametrize(
    ("text", "nested"),
    [
        ("a=1&b=2", {"a": "1", "b": "2"}),
        ("a[b][c]=1&a[b][d]=2", {"a": {"b": {"c": "1", "d": "2"}}}),
        ("a[]=x&a[]=y", {"a": ["x", "y"]}),
        ("a[0]=x&a[1]=y", {"a": {"0": "x", "1": "y"}}),
        ("a[0][b]=x&a[1][b]=y", {"a": {"0": {"b": "x"}, "1": {"b": "y"}}}),
        ("a[b][]=x", {"a": {"b": ["x"]}}),
        ("a=1&a=2", {"a": "2"}),
        ("a=", {"a": ""}),
        ("a%5Bb%5D=%2B1+2", {"a": {"b": "+1 2"}}),
        ("", {}),
    ],
)
def test_forms_nest(text: str, nested: object) -> None:
    assert forms.nest(forms.pairs(text)) == nested


@pytest.mark.parametrize(
    "text",
    ["a[b=1", "[a]=1", "a[b]c=1", "a=1&a[b]=2", "a[]=1&a[b]=2", "a[][b]=1", "a=%ff", "x" + "[y]" * 20 + "=1"],
)
def test_forms_that_cannot_be_nested_are_refused(text: str) -> None:
    with pytest.raises(ApiError) as refused:
        forms.nest(forms.pairs(text))
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("path", "params", "code", "param"),
    [
        ("/v1/topups", {"amount": 1, "currency": "usd", "colour": "red"}, "parameter_unknown", "colour"),
        (
            HOLDERS,
            {**HOLDER, "billing": {"address": ADDRESS, "name": "x"}},
            "parameter_unknown",
            "billing[name]",
        ),
        (
            HOLDERS,
            {**HOLDER, "spending_controls": {"limits": 1}},
            "parameter_unknown",
            "spending_controls[limits]",
        ),
        ("/v1/topups", {"currency": "usd"}, "parameter_missing", "amount"),
        (HOLDERS, {"name": "Company Card"}, "parameter_missing", "billing"),
        (HOLDERS, {**HOLDER, "billing": {"address": {}, "": ""}}, None, None),
        (
            HOLDERS,
            {**HOLDER, "billing": {"address": {"city": "Bonn", "country": "DE", "line1": "Weg 1"}}},
            "parameter_missing",
            "billing[address][postal_code]",
        ),
        ("/v1/topups", {"amount": "1.5", "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ("/v1/topups", {"amount": "ten", "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ("/v1/topups", {"amount": "5\n", "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ("/v1/topups", {"amount": "\u0665", "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ("/v1/topups", {"amount": 0, "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ("/v1/topups", {"amount": "", "currency": "usd"}, "parameter_invalid_empty", "amount"),
        (HOLDERS, {**HOLDER, "name": ""}, "parameter_invalid_empty", "name"),
        (HOLDERS, {**HOLDER, "name": "  "}, "parameter_invalid_string_blank", "name"),
        (HOLDERS, {**HOLDER, "email": "e" * 5001}, "parameter_invalid_string", "email"),
        (HOLDERS, {**HOLDER, "email": ""}, "parameter_invalid_empty", "email"),
        (HOLDERS, {**HOLDER, "status": "blocked"}, "parameter_invalid_enum", "status"),
        (HOLDERS, {**HOLDER, "type": "team"}, "parameter_invalid_enum", "type"),
        (
            HOLDERS,
            {**HOLDER, "spending_controls": {"allowed_categories": ["hotels_motels_resorts"]}},
            "parameter_invalid_enum",
            "spending_controls[allowed_categories][0]",
        ),
        (
            HOLDERS,
            {**HOLDER, "spending_controls": {"spending_limits": [{"amount": 5}]}},
            "parameter_missing",
            "spending_controls[spending_limits][0][interval]",
        ),
        (HOLDERS, {**HOLDER, "preferred_locales": "en"}, "parameter_invalid_array", "preferred_locales"),
        (HOLDERS, {**HOLDER, "billing": "here"}, "parameter_invalid_object", "billing"),
        (HOLDERS, {**HOLDER, "name": {"first": "x"}}, "parameter_invalid_string", "name"),
    ],
)
def test_what_stripe_does_not_take_is_refused(api, path, params, code, param) -> None:
    error = api.refused(path, params)

    assert error["type"] == "invalid_request_error"
    if code is not None:
        assert (error["code"], error["param"]) == (code, param)
    assert api.read(path)["data"] == []


@pytest.mark.parametrize("path", ["/v1/issuing/cards", "/v1/issuing/cardholders", "/v1/topups", "/v1/events"])
def test_lists_and_reads_are_checked_too(api, path) -> None:
    assert api.get(path, {"colour": "red"}).error["code"] == "parameter_unknown"
    assert api.get(f"{path}/x_1", {"colour": "red"}).error["code"] == "parameter_unknown"
    assert api.get(path, {"limit": "many"}).error["code"] == "parameter_invalid_integer"
    assert api.get(path, {"limit": 101}).error["param"] == "limit"
    assert api.get(path, {"limit": 0}).error["param"] == "limit"


def test_danish_polish_and_swedish_are_locales_although_the_sdk_does_not_list_them(api) -> None:
    assert api.cardholder(preferred_locales=["da", "pl", "sv", "en"])["preferred_locales"] == [
        "da",
        "pl",
        "sv",
        "en",
    ]
    assert api.refused(HOLDERS, {**HOLDER, "preferred_locales": ["tlh"]})["param"] == "preferred_locales[0]"


def test_a_body_that_is_no_form_is_refused(api) -> None:
    reply = api.with_headers(Content_Type="application/json").send("POST", "/v1/topups", '{"amount": 5}')
    assert (reply.status, reply.error["type"]) == (400, "invalid_request_error")


def test_parameters_of_a_post_may_stand_in_its_address(api) -> None:
    reply = api.send("POST", "/v1/topups?amount=700&currency=usd")
    assert (reply.status, reply.body["amount"]) == (200, 700)


FIELD = b'--x\r\nContent-Disposition: form-data; name="a[b]"\r\n\r\n1\r\n'
FILE = b'--x\r\nContent-Disposition: form-data; name="file"; filename="n.png"\r\n\r\n\r\n--y\r\n\xff\r\n'


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data; boundary=x", 'multipart/form-data; boundary="x"']
)
def test_parts_of_a_multipart_form(content_type: str) -> None:
    found = forms.parts(content_type, FIELD + FILE + b"--x--\r\n")
    assert found == [("a[b]", "1"), ("file", UploadedFile("n.png", b"\r\n--y\r\n\xff"))]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", FIELD + b"--x--"),
        ("multipart/form-data; boundary=z", FIELD + b"--x--"),
        ("multipart/form-data; boundary=x", FIELD),
        ("multipart/form-data; boundary=x", b"--x--"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--"),
        ("multipart/form-data; boundary=x", FIELD.replace(b"1", b"\xff") + b"--x--"),
        ("multipart/form-data; boundary=x", b"a=1"),
    ],
)
def test_multipart_forms_that_are_none(content_type: str, body: bytes) -> None:
    with pytest.raises(ApiError):
        forms.parts(content_type, body)
