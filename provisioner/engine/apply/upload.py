"""Files that a call refers to, uploaded before it is made."""

from msgspec.structs import replace

from provisioner.core.model.upload import Upload
from provisioner.core.plan.call import Call
from provisioner.engine.ports import Writer


def with_files(writer: Writer, call: Call) -> Call:
    """
    Return a call with the ids of its files, which are uploaded.

    An upload that is repeated within a day gives the same id, as its key is made of the content. Raises as
    `Writer.perform` does.
    """
    files = {name: writer.upload(value) for name, value in call.params.items() if isinstance(value, Upload)}
    return replace(call, params={**call.params, **files}) if files else call
