"""Rules of the code that no other tool checks; prints each offence, exits with 1 if there is one.

1. A notebook's code line has at most 100 columns (120 if it ends in a comment), a module's 120;
   directives (`#|`) cannot be wrapped.
2. A module imports only from modules of notebooks before its own.
3. No name with a leading underscore is imported from another module.
4. The layers need torch and numpy only, inside functions safetensors, matplotlib and
   huggingface_hub too, `agf.kernels` triton; `agf.data`, `agf.train`, `agf.report` and `agf.cli`
   may need more.
5. No sentence ends in a colon where the page goes on with a heading or a reference entry.
6. No stored output names a folder of the machine that it was made on.

A figure follows: how many exported cells one of the next two cells runs (`-v` names the others).
"""

import ast
import io
import re
import sys
import tokenize
import warnings

from fastcore.nbio import read_nb
from pages import ROOT, read_pages

LIGHT = {"agf", "torch", "numpy", *sys.stdlib_module_names}
LAZY = LIGHT | {"safetensors", "matplotlib", "huggingface_hub"}
OWN = {"agf.kernels": {"triton"}}   # what one module is for; `import agf` leaves it out
HEAVY = ("agf.data", "agf.train", "agf.report", "agf.cli", "agf.__main__")


def within(name, packages):
    return any(name == p or name.startswith(p + ".") for p in packages)


def parse(source):
    "The tree of a cell or a file; line magics are left out, a cell in another language is empty"
    with warnings.catch_warnings(action="ignore"):
        for code in (source, re.sub(r"^\s*[%!].*", "", source, flags=re.M)):
            try:
                return ast.parse(code)
            except SyntaxError:
                pass
    return ast.parse("")


def after_code(source):
    "The numbers of the lines that end in a comment"
    lines, found = source.splitlines(), set()
    try:
        for t in tokenize.generate_tokens(io.StringIO(source).readline):
            if t.type == tokenize.COMMENT and lines[t.start[0] - 1][: t.start[1]].strip():
                found.add(t.start[0])
    except (tokenize.TokenError, SyntaxError):
        pass
    return found


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(tree, name, is_package=False):
    "(line, module, imported name or None, whether inside a function) of each import in `name`"
    inner = {
        id(node)
        for f in ast.walk(tree)
        if isinstance(f, (ast.FunctionDef, ast.Lambda))
        for node in ast.walk(f)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, None, id(node) in inner
        elif isinstance(node, ast.ImportFrom):
            above = name.split(".")[: len(name.split(".")) - node.level + is_package]
            base = ".".join((above if node.level else []) + [node.module] * bool(node.module))
            for alias in node.names:
                yield node.lineno, base, alias.name, id(node) in inner


def source_of(base, imported, trees):
    "The module that an import takes: a submodule, or what a package took the name from"
    if imported and f"{base}.{imported}" in trees:
        return f"{base}.{imported}"
    path, tree = trees.get(base, (None, None))
    if imported and path and path.name == "__init__.py":
        for _, origin, name, _ in imports(tree, base, is_package=True):
            if name == imported:
                return source_of(origin, name, trees)
    return base


def module_offences(trees, order):
    for name, (path, tree) in trees.items():
        at, is_package = path.relative_to(ROOT), path.name == "__init__.py"
        text = re.sub(r"^__all__ = .*?\]$", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
        for n, line in enumerate(text.splitlines(), 1):
            if len(line) > 120:
                yield f"{at}:{n}: {len(line)} columns"
        for n, base, imported, lazy in imports(tree, name, is_package):
            origin = source_of(base, imported, trees)
            if name in order and within(origin, ["agf"]):
                if origin == "agf":  # the version
                    continue
                if origin not in order:
                    yield f"{at}:{n}: imports {origin}, which no notebook exports"
                elif order[origin] >= order[name]:
                    yield f"{at}:{n}: imports {origin}, whose notebook does not come before its own"
            if not within(name, HEAVY):
                light = (LAZY if lazy else LIGHT) | OWN.get(name, set())
                if origin.partition(".")[0] not in light or within(origin, HEAVY) and not lazy:
                    yield f"{at}:{n}: a layer's module imports {origin}"


def private_imports(tree, name, is_package=False):
    for n, base, imported, _ in imports(tree, name, is_package):
        for part in [*base.split("."), imported or ""]:
            if within(base, ["agf"]) and re.match(r"_(?!_)", part):
                yield n, f"imports {part} from {base}"


def cell_offences(page, cells):
    for cell in cells:
        at, commented = f"nbs/{page.path.name}:{cell.id}", after_code(cell.source)
        for n, line in enumerate(cell.source.splitlines(), 1):
            if len(line) > (120 if n in commented else 100) and not line.startswith("#|"):
                yield f"{at}: line {n}: {len(line)} columns"
        for n, what in private_imports(parse(cell.source), page.module or "notebook"):
            yield f"{at}: line {n}: {what}"
        found = re.search(r"(?<![\w.])/(tmp|home|root|work|Users|var)/\S*", str([*texts(cell)]))
        if found:
            yield f"{at}: its output says {found[0][:40]}"


def texts(cell):
    "What a cell's stored outputs say, without pictures"
    for out in cell.get("outputs", []):
        kinds = {k: v for k, v in out.get("data", {}).items() if not k.startswith("image/")}
        yield out.get("text", kinds)


def block(cell):
    "What the site shows of a cell, roughly: its text, `entry` for exported names, or nothing"
    source = cell.source.strip()
    if cell.cell_type == "markdown":
        return source
    marks = {m[1]: m[2].strip() for m in re.finditer(r"^#\| *(\w+):?(.*)$", source, re.M)}
    if marks.keys() & {"hide", "exporti", "default_exp"} or marks.get("include") == "false":
        return ""
    if is_export(cell):
        return "entry" if any(n[0] != "_" for n in definitions(cell)) else ""
    return "" if marks.get("echo") == "false" and not cell.get("outputs") else "code"


def definitions(cell):
    nodes = parse(cell.source).body
    return [n.name for n in nodes if isinstance(n, (ast.FunctionDef, ast.ClassDef))]


def hanging(page, cells):
    shown = [(c, text) for c in cells if (text := block(c))]
    for (cell, text), (_, following) in zip(shown, [*shown[1:], (None, "entry")]):
        if cell.cell_type == "markdown" and re.search(r"[^:]:$", text):
            if following == "entry" or following.startswith("#"):
                end = " ".join(text.splitlines()[-1].split()[-6:])
                yield f"nbs/{page.path.name}:{cell.id}: nothing follows {end!r}"


def is_export(cell):
    return re.search(r"^#\| *exports?\b", cell.source, re.M) is not None


def defines(cell):
    body = parse(cell.source).body
    nodes = [n for s in body for n in [s, *getattr(s, "targets", [getattr(s, "target", None)])]]
    return {getattr(n, "name", getattr(n, "id", None)) for n in nodes} - {None}


def uses(cell):
    nodes = ast.walk(parse(cell.source))
    return {getattr(n, "id", getattr(n, "attr", None)) for n in nodes}


def runs(cells):
    """(exported cell, how many cells further down it runs; 0 if not within 2), by name: a cell
    that is not exported uses what the cell defines, or what a cell in between makes of it"""
    for i, cell in enumerate(cells):
        names = defines(cell) if is_export(cell) else set()
        found = 0
        for far, later in enumerate(cells[i + 1 : i + 3], 1):
            if names & uses(later) and not found:
                names |= defines(later)
                found = 0 if is_export(later) else far
        if names:
            yield cell, found


def main(verbose):
    pages = read_pages()
    whole = [(p, read_nb(p.path).cells) for p in pages]
    notebooks = [(p, [c for c in cells if c.cell_type == "code"]) for p, cells in whole]
    order = {f"agf.{p.module}": place for place, p in enumerate(pages) if p.module}
    files = [p for p in sorted((ROOT / "agf").rglob("*.py")) if p.name != "_modidx.py"]
    trees = {module_name(p): (p, parse(p.read_text(encoding="utf-8"))) for p in files}
    offences = [o for page, cells in notebooks for o in cell_offences(page, cells)]
    offences = list(dict.fromkeys([*offences, *module_offences(trees, order)]))
    offences += [o for page, cells in whole for o in hanging(page, cells)]
    print("\n".join(offences))
    found = [(page, cell, far) for page, cells in notebooks for cell, far in runs(cells)]
    for page, cell, far in found:
        if verbose and not far:
            print(f"nbs/{page.path.name}:{cell.id}: neither of the next two cells runs it")
    first, second = (sum(far == k for _, _, far in found) for k in (1, 2))
    print(
        f"{len(found)} exported cells: the next cell runs {first}, the one after it {second}"
        f" ({(first + second) / len(found):.0%})"
    )
    sys.exit(f"{len(offences)} offences" if offences else 0)


if __name__ == "__main__":
    main("-v" in sys.argv[1:])
