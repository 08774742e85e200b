"""Count what `nbdev-test` has just run: `nbdev-test && python tools/nbtest.py`.

`nbdev-test` prints "Success." and exits with 0 even when it finds no notebook. This finds them
by nbdev's own function, without running them, and fails where one of `nbs/` is not among them.
"""

import contextlib
import io
import sys

import nbdev.test
from nbdev.config import get_config


def main():
    found = []

    def only_look(f, files, **kwargs):
        found.extend(files)
        return [(True, 0.0) for _ in files]

    nbdev.test.parallel = only_look
    with contextlib.redirect_stdout(io.StringIO()):
        nbdev.test.nbdev_test()
    cfg = get_config()
    flags = cfg.tst_flags.split() if isinstance(cfg.tst_flags, str) else list(cfg.tst_flags)
    cells = {path.name: len(nbdev.test.nb_test_cells(path, flags)) for path in found}
    missed = sorted({p.name for p in cfg.nbs_path.glob("*.ipynb")} - cells.keys())
    print(f"{sum(cells.values())} cells in {len(cells)} notebooks")
    for name in missed:
        print(f"NOT RUN {name}")
    print(f"{len(cells)} passed, {len(missed)} failed")
    sys.exit(bool(missed or not cells))


if __name__ == "__main__":
    main()
