"""Build the site into `_docs` from `_quarto.yml`, without Quarto.

nbdev preprocesses the notebooks, smalldocs renders them. In between, `tools/reference.py` writes
the entries of the API reference and the page of all names, and imports are folded.

The sidebar comes from the notebooks, by way of `tools/pages.py`. With Quarto installed,
`nbdev-docs` builds from the same files.
"""

import ast
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import pages
import reference
import yaml
from fastcore.nbio import mk_cell
from nbdev.config import get_config
from nbdev.doclinks import NbdevLookup, _build_modidx
from nbdev.processors import FilterDefaults, exec_show_docs
from nbdev.quarto import refresh_quarto_yml
from nbdev.serve import proc_nbs
from smalldocs.layout import KATEX

ASSETS = pages.ROOT / "tools/site"
FOOTER = "[All names](names.qmd) · [Records and results](results.ipynb)"


def smalldocs(*args):
    return subprocess.run([Path(sys.executable).with_name("smalldocs"), *args])


def fetch_katex(cache):
    "KaTeX's files from npm, once, so that maths renders offline; None without npm"
    version = re.search(r"katex@([\d.]+)", KATEX)[1]
    dist = cache / f"katex-{version}"
    if dist.exists():
        return dist
    if not shutil.which("npm"):
        return print("npm not found: maths on this site will be loaded from the network")
    with tempfile.TemporaryDirectory() as tmp:
        done = subprocess.run(["npm", "pack", "--silent", f"katex@{version}"], cwd=tmp)
        if done.returncode:
            return print(
                "KaTeX could not be fetched: maths on this site will be loaded from the network"
            )
        with tarfile.open(next(Path(tmp).glob("*.tgz"))) as tar:
            safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}   # from 3.11.4
            tar.extractall(tmp, **safely)
        cache.mkdir(parents=True, exist_ok=True)
        shutil.move(f"{tmp}/package/dist", dist)
    return dist


def preprocess():
    "nbdev's preprocessing, in this process; the entries come from the package, so no cell is run"
    chosen = FilterDefaults.base_procs
    FilterDefaults.base_procs = lambda self: [p for p in chosen(self) if p is not exec_show_docs]
    return proc_nbs(n_workers=0, force=True)


def rename_pages(proc):
    "Give each page nbdev's name (`00_graph.ipynb` becomes `graph.ipynb`); returns old: new"
    names = {}
    for p in sorted(proc.rglob("*.ipynb")):
        nb = json.loads(p.read_text(encoding="utf-8"))
        head = nb["cells"][0]
        front = yaml.safe_load("".join(head["source"]).strip().strip("-"))
        new = p.with_name(Path(front.pop("output-file", p.name)).stem + ".ipynb")
        if new.name in names.values():
            sys.exit(
                f"two notebooks make the page {new.stem}.html; the second is {p.name}: rename it"
            )
        head["source"] = f"---\n{yaml.dump(front, allow_unicode=True)}---\n"
        p.unlink()
        new.write_text(json.dumps(nb), encoding="utf-8")
        names[p.name] = new.name
    return names


def relink(proc, names, git_url):
    "Point links at the new names; no source links while the project has no public home"
    for p in proc.rglob("*"):
        if p.suffix not in (".ipynb", ".yml", ".md"):
            continue
        text = p.read_text(encoding="utf-8")
        for old, new in names.items():
            number = r"(?:\d+[a-zA-Z]?_)" + "?" * (old == new)  # whichever: pages are renumbered
            text = re.sub(rf"(?<![\w/]){number}{re.escape(new)}\b", new, text)
        text = re.sub(r"\[\[(`[^`]+`)\]\([^)]*\)\]\(", r"[\1](", text)  # a link within a link
        if not git_url:
            text = re.sub(r"\[source\]\(/blob/.*?\)\{.*?\}(\\n)*", "", text)
        p.write_text(text, encoding="utf-8")


def documented(nb, module):
    "Put an entry in place of each `show_doc`, in the order of the source; returns the entries"
    lookup, cells, run, found = NbdevLookup(), [], [], []

    def close():
        for e in sorted(run, key=lambda e: e.line):
            text = lookup.linkify(e.markdown())
            cells.append(mk_cell(f":::: {{.api-entry}}\n\n{text}\n\n::::\n", "markdown"))
        found.extend(run)
        run.clear()

    sources = ["".join(c["source"]) for c in nb["cells"]]
    in_view = "\n".join(s for s in sources if "Exported source" in s)
    sought = [re.search(r"^show_doc\(([\w.]+)\)", s, re.M) for s in sources]
    apart = [name[1] for name in sought if name]
    for cell, name in zip(nb["cells"], sought):
        entry = reference.entry(module, name[1], apart) if name and module else None
        if entry:
            own = re.compile(rf"^(?:def|class) {re.escape(entry.name)}\b", re.M)
            entry.in_view = own.search(in_view) is not None
            run.append(entry)
        elif not name:
            close()
            cells.append(cell)
        elif module:
            print(f"no entry for {module}.{name[1]}")
    close()
    nb["cells"] = cells
    return found


def only_imports(source):
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return False
    return bool(body) and all(isinstance(n, (ast.Import, ast.ImportFrom)) for n in body)


def fold_imports(nb):
    for cell in nb["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and only_imports(source) and not cell["outputs"]:
            cell["source"] = f'#| code-fold: true\n#| code-summary: "Imports"\n{source}'


def refine(proc, book):
    "Entries and folded imports on every page; returns (page, entry) of the whole reference"
    modules = {p.name: p.module and f"agf.{p.module}" for p in book}
    entries = []
    for page in ["index", *modules]:
        path = proc / f"{page}.ipynb"
        nb = json.loads(path.read_text(encoding="utf-8"))
        entries += [(page, e) for e in documented(nb, modules.get(page))]
        fold_imports(nb)
        path.write_text(json.dumps(nb), encoding="utf-8")
    return entries


NAMES = """---
title: All names
description: Every public class, function and method of the package, with a line each
search: false
---

{count} names in {modules} modules. Type into the field to narrow the list, choose a kind or a \
module, click on a heading to sort.

:::: {{.sift data-filters="1 2"}}

{table}

::::
"""


def write_names(proc, entries):
    table, count = reference.index(entries)
    modules = len({e.module for _, e in entries})
    text = NAMES.format(table=table, count=count, modules=modules)
    (proc / "names.qmd").write_text(text, encoding="utf-8")
    sidebar = proc / "sidebar.yml"
    tree = yaml.safe_load(sidebar.read_text(encoding="utf-8"))
    for section in tree["website"]["sidebar"]["contents"]:
        if section["section"] == pages.SHELVES["reference"]:
            section["contents"].insert(0, {"href": "names.qmd", "text": "All names"})
    sidebar.write_text(yaml.dump(tree, allow_unicode=True, sort_keys=False), encoding="utf-8")


def localise_maths(site, dist):
    "Copy KaTeX into the site and point every page at the copy"
    shutil.copytree(dist, site / "site_libs/katex", dirs_exist_ok=True)
    for p in site.rglob("*.html"):
        up = "../" * (len(p.relative_to(site).parts) - 1)
        p.write_text(
            p.read_text(encoding="utf-8").replace(KATEX, f"{up}site_libs/katex"), encoding="utf-8"
        )


def make_accessible(site):
    "No fonts from the network, boxes that the keyboard can scroll, headings that are buttons"
    for p in (site / "site_libs/themes").glob("*.css"):
        p.write_text(
            re.sub(r"@import url\(https://fonts[^)]*\);?", "", p.read_text(encoding="utf-8")),
            encoding="utf-8",
        )
    for p in site.rglob("*.html"):
        text = re.sub(
            r'(<pre|<div(?= class="(?:cell-output cell-output-display|sd-table))|<span(?= class="math display))(?![^>]*tabindex)',
            r'\1 tabindex="0"',
            p.read_text(encoding="utf-8"),
        )
        text = re.sub(
            r'<div class="callout-header(?=[^>]*data-bs-toggle)(?![^>]*role=)',
            '<div role="button" tabindex="0" class="callout-header',
            text,
        )
        p.write_text(text, encoding="utf-8")


def configure(proc, cfg, entries):
    "What the site has beyond Quarto's file: the names' page, a footer, an icon"
    config = proc / "nbdev.yml"
    front = yaml.safe_load(config.read_text(encoding="utf-8"))
    front.pop("format-links", None)  # Quarto only
    front.setdefault("website", {}).update(
        favicon="favicon.svg",
        **{"page-footer": {"left": f"agf {cfg.version}, Apache License 2.0", "right": FOOTER}},
    )
    config.write_text(yaml.dump(front), encoding="utf-8")
    shutil.copy(ASSETS / "favicon.svg", proc)
    write_names(proc, entries)
    return front["project"]["output-dir"]


SCRIPTS = {   # file: what a page that needs it has
    "site.js": "<main",
    "playground.js": " data-playground=",
    "slides.js": '>The book</a></li><li class="breadcrumb-item"',
}


def add_scripts(site):
    "Tables can be sorted, the search ranks better, the playground plays, chapters are slides"
    for name in SCRIPTS:
        shutil.copy(ASSETS / name, site / "site_libs")
    for p in site.rglob("*.html"):
        text = p.read_text(encoding="utf-8")
        up = "../" * (len(p.relative_to(site).parts) - 1)
        for name, mark in SCRIPTS.items():
            if mark in text:
                tag = f'<script src="{up}site_libs/{name}" defer></script>\n</head>'
                text = text.replace("</head>", tag, 1)
        p.write_text(text, encoding="utf-8")


def trim_text(site):
    "The pages' text forms without the numbers that are meant for scripts"
    for p in site.glob("*.llms.md"):
        text = p.read_text(encoding="utf-8")
        p.write_text(re.sub(r' data-playground="[^"]*"', "", text), encoding="utf-8")


def finish(proc, book, cfg):
    "From preprocessed notebooks to the site"
    entries = refine(proc, book)
    output = configure(proc, cfg, entries)
    if smalldocs("check", proc).returncode:
        sys.exit("smalldocs check found something to mend")
    smalldocs("render", "-q", proc).check_returncode()
    site = proc / output
    add_scripts(site)
    trim_text(site)
    make_accessible(site)
    if dist := fetch_katex(cfg.config_path / "build"):
        localise_maths(site, dist)
    shutil.rmtree(cfg.doc_path, ignore_errors=True)
    shutil.move(site, cfg.doc_path)
    print(f"{len(list(cfg.doc_path.glob('*.html')))} pages in {cfg.doc_path.name}/")


def main():
    cfg, book = get_config(), pages.read_pages()
    pages.write(book)
    refresh_quarto_yml()
    _build_modidx()
    proc = preprocess()
    relink(proc, rename_pages(proc), cfg.git_url)
    finish(proc, book, cfg)


if __name__ == "__main__":
    main()
