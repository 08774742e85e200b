"""Build the site into `_docs` from `_quarto.yml`, without Quarto.

nbdev preprocesses the notebooks, smalldocs renders them.

The sidebar comes from the notebooks, by way of `tools/pages.py`. With Quarto installed,
`nbdev-docs` builds from the same files.
"""

import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import pages
import yaml
from nbdev.config import get_config
from nbdev.doclinks import _build_modidx
from nbdev.quarto import refresh_quarto_yml
from nbdev.serve import proc_nbs
from smalldocs.layout import KATEX


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
            tar.extractall(tmp, filter="data")
        cache.mkdir(parents=True, exist_ok=True)
        shutil.move(f"{tmp}/package/dist", dist)
    return dist


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
            text = re.sub(rf"(?<![\w/]){re.escape(old)}\b", new, text)
        if not git_url:
            text = re.sub(r"\[source\]\(/blob/.*?\)\{.*?\}(\\n)*", "", text)
        p.write_text(text, encoding="utf-8")


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


def main():
    cfg = get_config()
    pages.write(pages.read_pages())
    refresh_quarto_yml()
    _build_modidx()
    proc = proc_nbs(n_workers=1, force=True)
    names = rename_pages(proc)
    relink(proc, names, cfg.git_url)
    config = proc / "nbdev.yml"
    front = yaml.safe_load(config.read_text(encoding="utf-8"))
    front.pop("format-links", None)  # Quarto only
    config.write_text(yaml.dump(front), encoding="utf-8")
    if smalldocs("check", proc).returncode:
        sys.exit("smalldocs check found something to mend")
    smalldocs("render", "-q", proc).check_returncode()
    site = proc / front["project"]["output-dir"]
    make_accessible(site)
    if dist := fetch_katex(cfg.config_path / "build"):
        localise_maths(site, dist)
    shutil.rmtree(cfg.doc_path, ignore_errors=True)
    shutil.move(site, cfg.doc_path)
    print(f"{len(names)} pages in {cfg.doc_path.name}/")


if __name__ == "__main__":
    main()
