"""Count what a training step asks of CUDA, task by task, with each engine.

    python tools/steps.py JapaneseVowels lra/listops lra/image >> results/engine.jsonl

The counts come from a library that stands in for the CUDA runtime: it runs nothing, and counts. It
is preloaded (LD_PRELOAD), and the variable NULLCUDA names it; its function `null_get` fills an
array of longs in the order of NAMES. So this needs no GPU, and says nothing about time on one;
`host_ms` is processor time of this process.
"""

import ctypes
import json
import os
import sys
import time
import warnings
from statistics import median

NAMES = ("kernels", "products", "pageable", "pinned", "to_host", "copies", "waits", "fills",
         "mallocs", "frees", "transforms", "graphs", "events", "captured")
STEPS = 60  # per task: every length comes at least twice


def main(tasks):
    if "NULLCUDA" not in os.environ:
        sys.exit("tools/steps.py: NULLCUDA must name a CUDA runtime that counts, see the top of it")
    warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated")
    warnings.filterwarnings("ignore", "Synchronization debug mode")
    import torch
    from fastai.callback.core import Callback, CancelFitException

    from agf.data.uea import load
    from agf.train.job import Job, pick_device
    from agf.train.record import stamp
    from agf.train.run import Trainer, made_up

    library = ctypes.CDLL(os.environ["NULLCUDA"])
    torch.backends.cudnn.enabled = False

    def counts():
        found = (ctypes.c_long * len(NAMES))()
        library.null_get(found)
        return dict(zip(NAMES, found))

    class Count(Callback):
        order, run_valid = -200, False

        def before_fit(self):
            self.rows = []

        def before_train(self):
            self.last = None  # what lies between two epochs is no step

        def before_batch(self):
            now = counts(), time.process_time()
            if self.last:
                new = {k: now[0][k] - self.last[0][k] for k in NAMES}
                self.rows.append(dict(new, host_ms=1e3 * (now[1] - self.last[1])))
            if len(self.rows) == STEPS:
                raise CancelFitException
            self.last = counts(), time.process_time()

    for task in tasks:
        for engine in ("eager", "graph"):
            job = Job(task, device="cuda", engine=engine)
            device, count = pick_device("cuda"), Count()
            series = not task.startswith("lra/")
            data = load(task, test=False) if series else None
            r = job.recipe(data and data.kind)
            data = data or made_up(task, None, STEPS * r.batch_size)
            trainer = Trainer(job, r, data, device, job.products(r, device),
                              prepare=lambda learn: learn.add_cb(count))
            every = STEPS + 1
            if series:
                loader = trainer.loader(data.train)
                state = trainer.state("steps", 10 * len(loader), len(loader))
            else:
                loader = trainer.loader(data.train, 0)
                state = trainer.state("steps", every, every, judge=lambda model: (1.0, 0.5))
            state.diverged = lambda *found: None  # nothing is computed, so nothing makes sense
            learn = trainer.learner(trainer.build(), loader, loader, r, state)
            with learn.no_bar(), learn.no_logging():
                learn.fit(-(-STEPS // len(loader)) + 1 if series else 1)
            rows = [row for row in count.rows if not row["captured"]]
            usual = [row for row in rows if row["graphs"]] or rows
            step = {k: int(median(row[k] for row in usual)) for k in NAMES[:-1]}
            worst = {k: max(row[k] for row in usual) for k in ("waits", "pageable", "graphs")}
            print(json.dumps(stamp(
                "steps", task=task, attention=job.attention, variant=job.variant, engine=engine,
                precision=job.products(r, device), batch_size=r.batch_size,
                done=getattr(trainer.graphs, "counts", None), step=step, most=worst,
                nodes=max(row["captured"] for row in count.rows),
                host_ms=round(median(row["host_ms"] for row in usual), 2),
            )), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
