"""Files are read whole, in the memory that they need."""

import tracemalloc
from types import SimpleNamespace

from provisioner.config.text.regular_file import read_regular

MOST = 64 * 2**20


def test_a_small_file_takes_little_memory_however_much_is_allowed(tmp_path):
    file = tmp_path / "cards.yaml"
    file.write_bytes(b"cards: {}\n")

    tracemalloc.start()
    data = read_regular(file, MOST)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert data == b"cards: {}\n"
    assert peak < MOST / 10


def test_a_file_that_has_grown_since_its_size_was_read_is_read_whole(tmp_path, monkeypatch):
    file = tmp_path / "cards.yaml"
    file.write_bytes(b"cards: {}\n")

    earlier = SimpleNamespace(st_mode=file.stat().st_mode, st_size=3)
    monkeypatch.setattr("provisioner.config.text.regular_file.os.fstat", lambda _: earlier)

    assert read_regular(file, MOST) == b"cards: {}\n"
