"""Everything that waits for a GPU, most valuable first, in slices that can be stopped and go on.

    python tools/gpu.py                       nine minutes' worth; the same command goes on
    python tools/gpu.py --list                the slices, how long each may take, which are done
    python tools/gpu.py --only speed          slices whose names begin so
    python tools/gpu.py --check               is every command line right? Runs nothing
    python tools/gpu.py --quick --device cpu  the same slices, tiny, on any machine

Results go to OUT (default: gpu): `layer.jsonl`, `growth.jsonl`, `forecasts.jsonl`,
`runs/records.jsonl`, and `slices.jsonl`, which says what is done and on which device. With
--archive FILE everything in OUT is read from that file first and written back at the end.
"""

import argparse
import contextlib
import io
import json
import os
import subprocess
import sys
import tarfile
import time
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TASKS = {   # task: where `--data-folder` has it; None is generated
    "lra/listops": None, "lra/image": "image", "lra/text": "text", "lra/pathfinder32": None,
    "lra/retrieval": "retrieval",
}
SERIES = ("JapaneseVowels", "UWaveGestureLibrary")
ATTENTIONS = ("agf", "softmax", "efficient")
TEST = "import sys; from nbdev.test import nbdev_test; nbdev_test(sys.argv[2], flags=sys.argv[1])"


@dataclass(frozen=True)
class Slice:
    "One piece of work; `pieces`: it is run again until it has trained to the end"

    name: str
    minutes: float
    commands: tuple  # Each a tuple of words behind `python`
    keep: str | None = None  # File that takes the JSON lines that are printed
    pieces: bool = False


def agf(*words):
    return ("-m", "agf", *map(str, words))


def slices(out, device, quick, folder):
    "All slices, most valuable first"
    on = ("--device", device)
    found = [
        Slice(f"test {page.stem}", 5, (("-c", TEST, "" if device == "cpu" else "cuda", str(page)),))
        for page in sorted((ROOT / "nbs").glob("*.ipynb"))
        if '"#| cuda' in page.read_text(encoding="utf-8")
    ]
    small = ("--quick",) if quick else ("--budget", "20")
    short = ("--length", "64") if quick else ()
    types = ("fp32",) if quick else ("bf16", "fp32")
    for dtype in types:
        words = agf("speed", *on, "--dtype", dtype, *small, "--out", out / "layer.jsonl")
        layers = ["eager", "lean", "softmax", "efficient", *([] if quick else ["compiled"])]
        kernels = ["exact", "exact-triton", *([] if quick else ["exact-compiled"])]
        found.append(Slice(f"speed {dtype}", 6, ((*words, "--candidates", *layers),)))
        found.append(Slice(f"kernels {dtype}", 6, ((*words, "--candidates", *kernels),)))

    def forecast(task, *more):
        length = short if task not in ("lra/image", "lra/pathfinder32") else ()
        which = ATTENTIONS[:1] if quick else ATTENTIONS
        return agf("bench", task, "--attention", *which, "--forecast", "--json", *on, *length,
                   *more, "--seeds", 0, "--out", out / "runs")

    graph, eager, compiled = ("--engine", "graph"), ("--engine", "eager"), ("--compile",)
    for name, more in (("graph", graph), ("eager", eager), ("compiled", compiled)):
        for task in list(TASKS)[:1] if quick else TASKS:
            words = forecast(task, *more)
            found.append(
                Slice(f"forecast {name} {task}", 4, (words,), keep="forecasts.jsonl")
            )

    def train(task, attention, seed, *more):
        where = TASKS.get(task)
        words = ("--data-folder", folder / where) if folder and where else ()
        return agf("train", task, "--attention", attention, "--seeds", seed, *on, *words,
                   "--out", out / "runs", "--resume", "--json", *more)

    def present(task):
        where = TASKS.get(task)
        return where is None or folder is not None and (folder / where).exists()

    here = list(filter(present, TASKS))
    for task in here[:1] if quick else here:
        tiny = ("--scale", 0.002, *short) if quick else ("--scale", 0.1)
        first = train(task, "agf", 0, "--max-minutes", 0.02 if quick else 0.5, *tiny)
        again = train(task, "agf", 0, "--max-minutes", 1 if quick else 0.5, *tiny)
        found.append(Slice(f"resume {task}", 5, (first, again)))
    for task in SERIES[:1] if quick else SERIES:
        for precision in ("fp32", "bf16"):
            budget = ("--epochs", 1) if quick else ()
            words = train(task, "agf", 0, "--precision", precision, *budget)
            found.append(Slice(f"series {task} {precision}", 5, (words,)))
    for dtype in types:
        words = agf("speed", "--growth", *on, "--dtype", dtype, *small, "--out",
                    out / "growth.jsonl")
        found.append(Slice(f"growth {dtype}", 8, (words,)))
    if not quick:
        for seed in range(3):
            for task in here:
                for attention in ATTENTIONS:
                    words = train(task, attention, seed, "--compile")
                    name = f"arena {task} {attention} seed {seed}"
                    found.append(Slice(name, 9, (words,), pieces=True))
    return found


def done(out, device):
    "Names of the slices that have ended well on this kind of device"
    path = out / "slices.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return {r["name"] for r in map(json.loads, lines) if r["ok"] and r["on"] == device}


def run(piece, out, left):
    "Run a slice's commands; what came of it"
    left = min(left, 60 * piece.minutes)
    began, code, finished, said = time.perf_counter(), 0, True, ""
    env = dict(os.environ, PYTHONPATH=os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    for words in piece.commands:
        if piece.pieces:   # a minute for loading and one for the last evaluation
            words = (*words, "--max-minutes", f"{max(left / 60 - 2, 0.5):.2f}")
        limit = max(left - (time.perf_counter() - began), 1)
        try:
            ran = subprocess.run([sys.executable, *map(str, words)], cwd=ROOT, env=env,
                                 timeout=limit, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 text=True, errors="replace")
            code, said = ran.returncode, ran.stdout
        except subprocess.TimeoutExpired as e:
            code, said = 124, (e.stdout or b"").decode(errors="replace")
        with open(out / "log.txt", "a", encoding="utf-8") as log:
            log.write(f"$ python {' '.join(map(str, words))}\n{said}\n")
        rows = [line for line in said.splitlines() if line.startswith("{")]
        if piece.keep and rows:
            with open(out / piece.keep, "a", encoding="utf-8") as kept:
                kept.write("\n".join(rows) + "\n")
        if code:
            break
        if piece.pieces and rows:
            record = json.loads(rows[-1])
            finished = record.get("steps_done") == record.get("steps")
    return dict(name=piece.name, ok=not code and finished, code=code,
                seconds=round(time.perf_counter() - began, 1), last=said.strip()[-300:])


def check(pieces):
    "Parse every command line, and check every job as its command would"
    from agf.cli import parser_of
    from agf.train.job import jobs_of

    wrong = []
    for piece in pieces:
        for words in piece.commands:
            if words[:2] != ("-m", "agf"):
                if not Path(words[-1]).is_file():
                    wrong.append(f"{piece.name}: there is no {words[-1]}")
                continue
            said = io.StringIO()
            try:
                with contextlib.redirect_stderr(said):
                    args = parser_of(words[2])[0].parse_args(list(words[3:]))
                for job in jobs_of(args) if words[2] in ("train", "bench") else ():
                    replace(job, device="cpu").check()
            except (SystemExit, ValueError) as e:
                wrong.append(f"{piece.name}: {said.getvalue().strip() or e}")
    for line in wrong:
        print(line)
    print(f"{len(pieces)} slices, {sum(len(p.commands) for p in pieces)} commands, "
          f"{len(wrong)} wrong")
    return bool(wrong)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--device", default="cuda", help="cuda (default) or cpu")
    p.add_argument("--out", type=Path, default=Path("gpu"), help="where results go")
    p.add_argument("--minutes", type=float, default=9.0, help="time of this call (default: 9)")
    p.add_argument("--only", nargs="+", metavar="NAME", help="slices whose names begin so")
    p.add_argument("--quick", action="store_true", help="tiny slices, to try the way")
    p.add_argument("--list", action="store_true", help="show the slices and run nothing")
    p.add_argument("--check", action="store_true", help="check the command lines, run nothing")
    p.add_argument("--data-folder", type=Path, help="with image/, text/ and retrieval/ inside")
    p.add_argument("--archive", type=Path, help="file that carries OUT from call to call")
    args = p.parse_args()
    warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated")
    if args.archive and args.archive.exists() and not (args.list or args.check):
        with tarfile.open(args.archive) as packed:
            packed.extractall(args.out, filter="data")
    out = args.out.resolve()
    folder = args.data_folder and args.data_folder.resolve()
    pieces = [s for s in slices(out, args.device, args.quick, folder)
              if not args.only or s.name.startswith(tuple(args.only))]
    if args.check:
        return check(pieces)
    over = done(out, args.device)
    if args.list:
        for s in pieces:
            print(f"{s.minutes:4.0f} min  {'done' if s.name in over else '    '}  {s.name}")
        waiting = [s for s in pieces if s.name not in over]
        print(f"{sum(s.minutes for s in waiting):4.0f} min at most for {len(waiting)} slices"
              f"{', in pieces where they take longer' if any(s.pieces for s in waiting) else ''}")
        return 0
    import torch

    if args.device.startswith("cuda") and not torch.cuda.is_available():
        print("tools/gpu.py: this machine has no CUDA device; --list shows what waits for one, "
              "--check checks it, --quick --device cpu tries it", file=sys.stderr)
        return 2
    out.mkdir(parents=True, exist_ok=True)
    until = time.perf_counter() + 60 * args.minutes
    device = torch.cuda.get_device_name() if args.device.startswith("cuda") else "cpu"
    failed = 0
    for piece in pieces:
        left = until - time.perf_counter()
        enough = 180 if piece.pieces else min(60 * piece.minutes, 60 * args.minutes - 30)
        if piece.name in over or left < enough:
            continue   # a shorter one may still fit
        found = dict(run(piece, out, left), on=args.device, device=device, torch=torch.__version__,
                     date=time.strftime("%Y-%m-%d"))
        with open(out / "slices.jsonl", "a", encoding="utf-8") as f:
            f.write(json.dumps(found) + "\n")
        failed += found["code"] != 0
        state = "done" if found["ok"] else f"exit code {found['code']}" if found["code"] else "goes on"
        print(f"{found['seconds']:7.1f} s  {state:12}  {piece.name}", flush=True)
    over = done(out, args.device)
    print(f"{sum(s.name in over for s in pieces)} of {len(pieces)} slices done, in {out}")
    if args.archive:
        with tarfile.open(args.archive, "w:gz") as packed:
            packed.add(out, ".")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
