"""Files that are uploaded, downloaded, and linked (docs.stripe.com/file-upload)."""

import io
import urllib.error
import urllib.request

import pytest
import stripe

from .uploads import PDF, PNG, client, upload


def download(url: str, key: str | None = None) -> tuple[int, bytes, str]:
    request = urllib.request.Request(url)  # noqa: S310
    if key:
        request.add_header("Authorization", f"Bearer {key}")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return answer.status, answer.read(), answer.headers["Content-Type"]
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read(), refused.headers["Content-Type"]


def test_what_is_uploaded_comes_back_byte_for_byte(api) -> None:
    file = upload(api)
    assert (file["purpose"], file["type"], file["size"]) == ("dispute_evidence", "png", len(PNG))
    assert download(file["url"], api.key) == (200, PNG, "image/png")
    assert download(file["url"])[0] == 401
    assert api.read(f"/v1/files/{file['id']}") == file
    assert [event["data"]["object"]["id"] for event in api.events("file.created")] == [file["id"]]


def test_a_file_is_named_without_its_directories(api, tmp_path) -> None:
    path = tmp_path / "receipt.pdf"
    path.write_bytes(PDF)
    with path.open("rb") as opened:
        made = client(api).v1.files.create({"purpose": "dispute_evidence", "file": opened})
    assert made.filename == "receipt.pdf"


def test_files_are_listed_by_purpose(api) -> None:
    evidence, logo = upload(api), upload(api, "issuing_logo")
    assert [one["id"] for one in api.read("/v1/files")["data"]] == [logo["id"], evidence["id"]]
    assert [one["id"] for one in api.read("/v1/files", {"purpose": "dispute_evidence"})["data"]] == [
        evidence["id"]
    ]
    assert api.get("/v1/files/file_unknown").status == 404


def test_a_file_of_another_purpose_cannot_be_downloaded(api) -> None:
    document = upload(api, "identity_document", PDF)
    assert download(document["url"], api.key)[0] == 400
    assert document["links"] is None


def test_evidence_expires(api) -> None:
    file = upload(api)
    api.advance(275 * 86_400)
    assert file["expires_at"] is not None
    assert download(file["url"], api.key)[0] == 404


@pytest.mark.parametrize(
    ("purpose", "content", "param"),
    [
        ("dispute_evidence", b"only a text", "file"),
        ("dispute_evidence", b"", "file"),
        ("dispute_evidence", PNG + b"0" * 5 * 1024 * 1024, "file"),
        ("issuing_logo", PDF, "file"),
        ("identity_document", b"only a text", "file"),
        ("business_icon", PNG + b"0" * 512 * 1024, "file"),
        ("a_purpose", PNG, "purpose"),
    ],
)
def test_what_stripe_does_not_take(api, purpose, content, param) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        upload(api, purpose, content)
    assert refused.value.param == param
    assert api.read("/v1/files")["data"] == []


def test_a_file_must_be_a_part_of_a_multipart_form(api) -> None:
    assert api.refused("/v1/files", {"purpose": "dispute_evidence", "file": "text"})["param"] == "file"
    assert api.refused("/v1/files", {"purpose": "dispute_evidence"})["code"] == "parameter_missing"
    broken = api.with_headers(Content_Type="multipart/form-data; boundary=x").send(
        "POST", "/v1/files", "nothing"
    )
    assert broken.status == 400
    elsewhere = api.with_headers(Content_Type="multipart/form-data; boundary=x")
    assert elsewhere.send("POST", "/v1/topups", "--x--").status == 400


def test_unknown_parameters_of_an_upload_are_refused(api) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        upload(api, colour="red")
    assert refused.value.code == "parameter_unknown"


def test_an_upload_is_repeated_under_its_key(api) -> None:
    asked = {"purpose": "dispute_evidence", "file": io.BytesIO(PNG)}
    first = client(api).v1.files.create(asked, {"idempotency_key": "k"})
    again = client(api).v1.files.create({**asked, "file": io.BytesIO(PNG)}, {"idempotency_key": "k"})
    assert again.id == first.id
    with pytest.raises(stripe.IdempotencyError):
        client(api).v1.files.create({**asked, "file": io.BytesIO(PDF)}, {"idempotency_key": "k"})


def test_a_link_opens_a_file_to_anybody_until_it_ends(api) -> None:
    file = upload(api, file_link_data={"create": True, "metadata": {"a": "b"}})
    [link] = file["links"]["data"]
    assert (link["file"], link["expired"], link["metadata"]) == (file["id"], False, {"a": "b"})
    assert download(link["url"]) == (200, PNG, "image/png")

    ended = client(api).v1.file_links.update(link["id"], {"expires_at": "now"})
    assert ended.expired
    assert download(link["url"])[0] == 404
    with pytest.raises(stripe.InvalidRequestError):
        client(api).v1.file_links.update(link["id"], {"expires_at": ""})


def test_links_end_by_themselves_and_are_listed_by_that(api) -> None:
    file, links = upload(api), client(api).v1.file_links
    soon = links.create({"file": file["id"], "expires_at": file["created"] + 60})
    ever = links.create({"file": file["id"]})
    api.advance(61)
    assert [one.id for one in links.list({"expired": True}).data] == [soon.id]
    assert [one.id for one in links.list({"expired": False, "file": file["id"]}).data] == [ever.id]
    assert links.retrieve(ever.id, {"expand": ["file"]}).file.id == file["id"]
    assert (download(soon.url)[0], download(ever.url)[0]) == (404, 200)
    assert download(ever.url[:-4] + "AAAA")[0] == 404


def test_links_only_to_what_may_be_shared_and_only_into_the_future(api) -> None:
    links = "/v1/file_links"
    assert api.refused(links, {"file": upload(api, "identity_document")["id"]})["param"] == "file"
    assert api.refused(links, {"file": "file_unknown"})["code"] == "resource_missing"
    assert api.refused(links, {"file": upload(api)["id"], "expires_at": 1})["param"] == "expires_at"
    assert api.get(f"{links}/link_unknown").status == 404


def test_files_of_one_account_are_not_those_of_another(api) -> None:
    connected = api.with_headers(Stripe_Account=api.connected())
    file = upload(api)
    assert connected.get(f"/v1/files/{file['id']}").status == 404
    assert connected.read("/v1/files")["data"] == []
