"""One list of pages, made from the notebooks: the sidebar, the index page's table, the order.

A notebook's number is its place, its first cell says the rest:

    # Title
    > One line of description
    - shelf: book
    - short: the link's text

The shelves are `book`, `reference` and `lab`; without `short`, links show the title. Quote a
text with a colon or a backtick in front: `- short: "depth: 2 to 48"`.

Writes nbs/sidebar.yml, and the table between `<!-- pages -->` and `<!-- /pages -->` in
nbs/index.ipynb.
"""
import argparse
import json
import re
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import yaml
from fastcore.nbio import md_frontmatter, nb2str, read_nb

ROOT = Path(__file__).resolve().parents[1]
NBS = ROOT / "nbs"
SHELVES = {"book": "The book", "reference": "Reference", "lab": "Lab"}
TABLE = re.compile(r"(?<=<!-- pages -->\n).*?(?=<!-- /pages -->)", re.DOTALL)
NOTE = "# Made from the notebooks' first cells by tools/pages.py\n"


@dataclass
class Page:
    path: Path
    number: str  # as the file has it: "05", or "05b" for a page between 05 and 06
    name: str  # of the page: the file's name without its number
    module: str | None  # what the notebook exports
    front: dict  # title, description, shelf, short
    rest: list  # other lines of the first cell

    @property
    def text(self):
        return str(self.front.get("short") or self.front.get("title"))


def read_page(path):
    cells = read_nb(path).cells
    head = cells[0].source if cells[0].cell_type == "markdown" else ""
    number, name = re.fullmatch(r"(?:(\d+[a-zA-Z0-9]*)_)?(.+)", path.stem).groups("")
    exports = re.search(r"^#\| *default_exp +(\S+)", "\n".join(c.source for c in cells), re.M)
    rest = [s for s in head.splitlines() if s.strip() and not re.match(r"[#>] |- \w+: ", s)]
    module = exports[1] if exports else None
    return Page(path, number, name.lower(), module, md_frontmatter(head), rest)


def read_pages():
    "The pages in their order; the index page is not among them"
    return [read_page(p) for p in sorted(NBS.glob("*.ipynb")) if p.stem != "index"]


def by_shelf(pages):
    shelves = {name: [p for p in pages if p.front.get("shelf") == shelf]
               for shelf, name in SHELVES.items()}
    return {name: shelf for name, shelf in shelves.items() if shelf}


def sidebar(pages):
    sections = [{"section": "Start", "contents": ["index.ipynb"]}]
    for name, shelf in by_shelf(pages).items():
        texts = [p.text.replace("`", "") for p in shelf]
        links = [{"href": p.path.name, "text": t[:1].upper() + t[1:]} for p, t in zip(shelf, texts)]
        sections.append({"section": name, "contents": links})
    tree = {"website": {"sidebar": {"contents": sections}}}
    return NOTE + yaml.dump(tree, allow_unicode=True, sort_keys=False, width=100)


def index(pages):
    "The index notebook with a fresh table"
    rows = ["", "| shelf | pages |", "|---|---|"]
    for name, shelf in by_shelf(pages).items():
        links = ", ".join(f"[{p.text}]({p.path.name})" for p in shelf)
        rows.append(f"| {name} | {links} |")
    table = "\n".join(rows) + "\n\n"
    nb = read_nb(NBS / "index.ipynb")
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            cell.source = TABLE.sub(lambda m: table, cell.source)
    return nb2str(nb)


def stale(pages):
    "The files that differ from what the pages say, with what they should hold"
    derived = {NBS / "sidebar.yml": sidebar(pages), NBS / "index.ipynb": index(pages)}
    return {path: text for path, text in derived.items()
            if not path.exists() or path.read_text(encoding="utf-8") != text}


def write(pages):
    for path, text in stale(pages).items():
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path.relative_to(ROOT)}")


def problems(pages):
    start = read_page(NBS / "index.ipynb")
    for p in [start, *pages]:
        for key in ("title", "description"):
            if not p.front.get(key):
                yield f"{p.path.name}: no {key} in the first cell"
        if p.rest:
            yield f"{p.path.name}: move {p.rest[0][:40]!r}... to a second cell: the site drops it"
    numbers, names = defaultdict(list), defaultdict(list)
    for p in pages:
        if p.front.get("shelf") not in SHELVES:
            yield f"{p.path.name}: no shelf: add a line `- shelf: {'` or `'.join(SHELVES)}`"
        numbers[p.number[:2]].append(p.path.name)
        names[p.name].append(p.path.name)
    for number, files in numbers.items():
        if len(files) > 1:
            yield f"{', '.join(files)}: one number: run python tools/pages.py --renumber"
    for name, files in names.items():
        if len(files) > 1:
            yield f"{', '.join(files)}: one page, {name}.html: rename all but one"
    for place, p in enumerate(pages):
        if p.number != f"{place:02}":
            yield f"{p.path.name}: number {place:02} is due: run python tools/pages.py --renumber"
            break
    if not any(TABLE.search(c.source) for c in read_nb(start.path).cells):
        yield "index.ipynb: no lines <!-- pages --> and <!-- /pages --> for the table"
    if (NBS / "_quarto.yml").read_text() != (ROOT / "_quarto.yml").read_text():
        yield "nbs/_quarto.yml: not a link to ../_quarto.yml"
    for path in stale(pages):
        yield f"{path.relative_to(ROOT)}: out of date: run python tools/pages.py"


def git(*args):
    done = subprocess.run(["git", *args], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def replaced(tree, swap):
    "A notebook's JSON with `swap` done in each of its strings"
    if isinstance(tree, dict):
        return {k: replaced(v, swap) for k, v in tree.items()}
    if isinstance(tree, list):
        return [replaced(v, swap) for v in tree]
    return swap(tree) if isinstance(tree, str) else tree


def renumber(pages):
    "Number the notebooks 00, 01, ... in their present order, and mend every mention of one"
    files = {p.path.stem.removeprefix(p.number + "_"): p.path for p in pages}
    names = {bare: f"{place:02}_{bare}" for place, bare in enumerate(files)}
    if len(files) < len(pages):
        sys.exit("two notebooks make one page: python tools/pages.py --check names them")
    tracked = [ROOT / f for f in git("ls-files", "-z").split("\0") if f]
    if new := [str(p.relative_to(ROOT)) for p in files.values() if p not in tracked]:
        sys.exit(f"git does not know {' '.join(new)}: run git add first")
    mention = re.compile(rf"(?<!\w)\d+[a-zA-Z]?_({'|'.join(names)})(?!\w)")  # whatever its number

    def swap(text):  # all at once: 05 -> 06 and 06 -> 07 do not meet
        return mention.sub(lambda m: names[m[1]], text)

    for path in tracked:
        if path.is_symlink() or not path.exists() or path.suffix in (".png", ".svg", ".jsonl"):
            continue
        text = path.read_text(encoding="utf-8")
        is_nb = path.suffix == ".ipynb"
        mended = nb2str(replaced(json.loads(text), swap)) if is_nb else swap(text)
        if mended != text:
            path.write_text(mended, encoding="utf-8")
    moved = {old: old.with_stem(names[bare]) for bare, old in files.items()}
    moved = {old: new for old, new in moved.items() if old != new}
    for old in moved:
        git("mv", str(old), str(old.with_suffix(".moving")))
    for old, new in moved.items():
        git("mv", str(old.with_suffix(".moving")), str(new))
        print(f"{old.stem} -> {new.stem}")
    write(read_pages())


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="only compare; 1 if something is amiss")
    what.add_argument("--renumber", action="store_true", help="close the gaps in the numbers")
    what.add_argument("--list", action="store_true", help="print number, shelf, module and title")
    args, pages = parser.parse_args(), read_pages()
    if args.check:
        sys.exit("\n".join(problems(pages)) or print(f"{len(pages)} pages in order"))
    if args.renumber:
        return renumber(pages)
    if not args.list:
        return write(pages)
    for p in pages:
        row = (p.number, p.front.get("shelf"), p.module, p.front.get("title"))
        print("{:4} {:10} {:20} {}".format(*(x or "-" for x in row)))


if __name__ == "__main__":
    main()
