"""The name of a configuration in marks and files of a pipeline: no two have the same."""

from provisioner.ci.command import slug


def test_a_folder_and_an_environment_of_one_name_have_two_marks():
    names = [slug(".", ""), slug("dev", ""), slug(".", "dev"), slug("dev", "dev"), slug("cards/dev", "")]

    assert names == ["root", "dev", "root.dev", "dev.dev", "cards-dev"]
