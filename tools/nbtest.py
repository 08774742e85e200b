"""`nbdev-test` with a count: a line for each notebook, then 'N passed, N failed'.

The same command with the same options and exit code; fails, too, when a notebook of `nbs/` was not run.
"""
import sys

import nbdev.test
from fastcore.parallel import parallel
from nbdev.config import get_config

results = []


def counting_parallel(f, files, **kwargs):
    out = list(parallel(f, files, **kwargs))
    results.extend(zip(files, out))
    return out


def main():
    nbdev.test.parallel, code = counting_parallel, 0
    try: nbdev.test.nbdev_test()
    except SystemExit as e: code = e.code or 0
    cfg = get_config()
    flags = cfg.tst_flags.split() if isinstance(cfg.tst_flags, str) else list(cfg.tst_flags)
    for path, (ok, seconds) in results:
        print(f"{'PASSED' if ok else 'FAILED'} {path.name} ({len(nbdev.test.nb_test_cells(path, flags))} cells, {seconds:.1f} s)")
    passed = sum(ok for _, (ok, _) in results)
    missed = {p.name for p in cfg.nbs_path.glob("*.ipynb")} - {p.name for p, _ in results}
    for name in sorted(missed): print(f"NOT RUN {name}")
    print(f"{passed} passed, {len(results) - passed + len(missed)} failed")
    sys.exit(code or bool(missed) or passed == 0)


if __name__ == "__main__": main()
