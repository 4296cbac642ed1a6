"""A file that stops being YAML after something else was wrong: both are said, and nothing else."""

import pytest

from provisioner.config.load import load_config
from provisioner.core.model.errors import ConfigError
from provisioner.kinds import KINDS


@pytest.mark.parametrize("text", ["a: !!odd x\nb: |9x\n  c", "!!odd [\n", "cards: {a: !!odd 1}\nx: 'open"])
def test_a_tag_and_then_no_yaml_at_all(text, tmp_path):
    path = tmp_path / "provisioner.yaml"
    path.write_text(text)

    with pytest.raises(ConfigError) as refused:
        load_config(path, KINDS)

    assert any("!!odd" in problem.text for problem in refused.value.problems)
    assert all(problem.where and problem.where.line >= 1 for problem in refused.value.problems)
