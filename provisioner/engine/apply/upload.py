"""Uploads the files that a call refers to before the call is made."""

import uuid

from msgspec.structs import replace

from provisioner.core.model.errors import StripeError
from provisioner.core.model.upload import Upload
from provisioner.core.plan.call import Call
from provisioner.engine.apply.failure import SERVER_ERRORS
from provisioner.engine.ports import Writer

UPLOADS = 3  # attempts to upload a file if Stripe stores a failure for the key


def with_files(writer: Writer, call: Call) -> Call:
    """
    Upload the files of a call, and return the call with their ids.

    An upload that is repeated within a day returns the same id, because its key is derived from the content.
    Raises as `Writer.perform` does.
    """
    files = {name: _upload(writer, value) for name, value in call.params.items() if isinstance(value, Upload)}
    return replace(call, params={**call.params, **files}) if files else call


def _upload(writer: Writer, file: Upload) -> str:
    """
    Upload a file. If Stripe stores a failure for its key, another key is used; a second copy does no
    harm.
    """
    key = f"provisioner-{file.purpose}-{file.digest}"
    for left in reversed(range(UPLOADS)):
        try:
            return writer.upload(file, key)
        except StripeError as error:
            if not (left and error.replayed and error.status >= SERVER_ERRORS):
                raise
            key = f"provisioner-{uuid.uuid4()}"
    raise AssertionError("unreachable")
