"""The version of every JSON document: what it promises is in docs/reference/json.md."""

FORMAT_VERSION = "1.0"
