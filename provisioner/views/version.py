"""The version of every JSON document: what it promises is in docs/reference/json.md."""

FORMAT_VERSION = "1.0"
PLAN_FORMAT = "1.1"  # of plans: what an older version has saved can be shown, and is not applied
