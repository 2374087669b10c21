from __future__ import annotations

import os
from pathlib import Path

from digest.preview.saved import state_of


def test_a_file_that_is_written_anew_or_replaced_is_told_from_what_it_was(tmp_path: Path) -> None:
    file = tmp_path / "digest.toml"
    states = [state_of(file)]
    file.write_text("a")
    states.append(state_of(file))
    other = tmp_path / "other"
    other.write_text("b")
    os.utime(other, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
    other.replace(file)
    states.append(state_of(file))
    assert states[0] is None
    assert len(set(states)) == 3
