"""Bring files of records to schema 1, in place: `python tools/convert_records.py results/*.jsonl`.

Before schema 1 the records of runs had two forms, one for epochs and one for steps, named their
changes inside `variant`, and held the options of AGF whatever the attention was; those of
experiments had no common keys. A file that is of schema 1 already is left as it is. The numbers are
not touched.
"""

import json
import re
import sys
from pathlib import Path

KINDS = dict(
    cost="cost",
    depth="depth",
    growth="growth",
    images="images",
    layer="speed",
    lessons="lesson",
    ngrams="ngrams",
    penalty="penalty",
    pixels="pixels",
    response="response",
)
ORDER = (
    "kind",
    "schema",
    "task",
    "attention",
    "variant",
    "changes",
    "seed",
    "protocols",
    "scale",
    "length",
    "precision",
    "compiled",
    "recipe",
    "fingerprint",
    "epochs",
    "epoch_honest",
    "epoch_paper",
    "steps",
    "steps_done",
    "step_honest",
    "accuracy",
    "params",
    "theta",
    "measured",
    "cases",
    "source",
    "data",
    "seconds_per_epoch",
    "seconds_per_step",
    "seconds",
    "peak_memory_mib",
    "device",
    "versions",
    "commit",
    "date",
    "command",
    "curves",
    "pretrain",
)
STEPS = dict(
    scale=1.0,
    length=None,
    precision="fp32",
    compiled=False,
    steps=None,
    steps_done=None,
    step_honest=None,
    seconds_per_step=None,
    measured=None,
    data={},
    pretrain=None,
)


def recipe_of(r):
    "The one form of a recipe"
    old = dict(r["recipe"])
    options = old.pop("agf")
    new = dict(
        model=old["model"],
        attention=options if r["attention"] == "agf" else {},
        gamma=old["gamma"],
        lr=old["lr"],
        epochs=old.get("epochs"),
        steps=old.get("steps"),
        warmup=old.get("warmup"),
        batch_size=old.get("batch_size", 16),
        optimizer=old.get("optimizer", "adamw"),
        schedule=old.get("schedule") or old.get("anneal", "one_cycle"),
    )
    for k, default in dict(
        weight_decay=0.0,
        grad_clip=None,
        label_smoothing=0.0,
        augment=None,
        select="best",
        pretrain=0,
    ).items():
        new[k] = old.get(k, default)
    return new


def command_of(r):
    "The command of today"
    words = r["command"].split()
    if r["variant"] == "anchor":
        return (
            f"agf bench {r['task']} --attention --anchors {r['attention'][7:]} --seeds {r['seed']}"
        )
    assert words[0] == "agf-train", r["command"]
    text = re.sub(r" agf\.", " attention.", " ".join(["agf", "train", *words[1:]]))
    return text.replace(" --protocol paper honest", "")


def changes_of(command):
    "The changes that a command makes"
    from agf.train.job import Job

    return Job.from_command(command).changes


def run_of(r):
    "A record of a run or an anchor"
    new = STEPS | r | dict(schema=1, command=command_of(r))
    new["kind"] = "anchor" if r["variant"] == "anchor" else "run"
    new["changes"] = {} if new["kind"] == "anchor" else changes_of(new["command"])
    new["variant"] = r["variant"].split("+")[0]
    new["cases"] = {p: r["cases"].get(p) for p in ("train", "valid", "test")}
    if new["kind"] == "run":
        new["recipe"] = recipe_of(r)
    else:
        new = {
            k: v
            for k, v in new.items()
            if k not in STEPS
            and k not in ("theta", "params", "curves", "epochs", "seconds_per_epoch")
        }
    assert new.keys() <= set(ORDER), new.keys() - set(ORDER)
    return {k: new[k] for k in ORDER if k in new}


def experiment_of(r, file):
    "A record of an experiment or a measurement"
    old = r.pop("kind", None)
    kind = KINDS.get(file, old)
    named = {"depth": "stage", "images": "stage", "response": "attention"}.get(file)
    return dict(kind=kind, schema=1, **({named: old} if named else {}), **r)


def convert(path):
    "Convert a file; returns the number of records"
    records = [json.loads(line) for line in path.read_text().splitlines()]
    if all(r.get("schema") == 1 for r in records):
        return 0
    new = [
        run_of(r) if "recipe" in r or r.get("variant") == "anchor" else experiment_of(r, path.stem)
        for r in records
    ]
    tmp = path.with_suffix(".tmp")
    tmp.write_text("".join(json.dumps(r) + "\n" for r in new))
    tmp.replace(path)
    return len(new)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(f"{name}: {convert(Path(name))} records converted")
