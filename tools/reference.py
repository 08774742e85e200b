"""Entries of the API reference, and the index of all public names, as Markdown.

`tools/docs.py` puts an entry in place of each `show_doc` of the preprocessed notebooks.
"""

import ast
import importlib
import inspect
import re
import textwrap
from dataclasses import dataclass, is_dataclass

from fastcore.docments import docments
from smalldocs.highlight import highlight

WIDTH = 88  # columns of a signature
PARTS = r"(Errors|Raises|Shapes|Returns|Source|Example):"  # a docstring's sections, set in bold


@dataclass
class Parameter:
    name: str  # with its stars
    type: str
    default: str | None
    meaning: str

    @property
    def typed(self):
        named = f"{self.name}: {self.type}" if self.type else self.name
        if self.default is None:
            return named
        return named + (f" = {self.default}" if self.type else f"={self.default}")

    @property
    def plain(self):
        return self.name if self.default is None else f"{self.name}={self.default}"


def resolve(module, name):
    "The object `name`, dotted, of a module, as it was written there; None if there is none"
    found = importlib.import_module(module)
    for part in name.split("."):
        if not hasattr(found, part):
            return None
        value = inspect.getattr_static(found, part)
        found = value if isinstance(value, property) else getattr(found, part)
        found = found.__func__ if inspect.ismethod(found) else found
    if inspect.isfunction(getattr(found, "fn", None)):   # a kernel holds its function
        found = found.fn
    return inspect.unwrap(found.fget if isinstance(found, property) else found)


def tree_of(obj):
    "The definition's syntax tree; None where the source is not to be had"
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(obj))).body[0]
    except (OSError, TypeError, SyntaxError):
        return None


def comments(obj):
    "What docments say of each parameter, and of what is returned"
    try:
        return {k: " ".join((v or "").split()) for k, v in docments(obj, args_kwargs=True).items()}
    except (OSError, TypeError, ValueError, SyntaxError):
        return {}


def of_arguments(node, said):
    "Parameters of a function's tree, and the marks / and * that stand between them"
    args = node.args
    plain = [*args.posonlyargs, *args.args]
    defaults = [None] * (len(plain) - len(args.defaults)) + args.defaults
    rows = [(a, "", d) for a, d in zip(plain, defaults)]
    if args.posonlyargs:
        rows.insert(len(args.posonlyargs), "/")
    if args.vararg:
        rows.append((args.vararg, "*", None))
    elif args.kwonlyargs:
        rows.append("*")
    rows += [(a, "", d) for a, d in zip(args.kwonlyargs, args.kw_defaults)]
    if args.kwarg:
        rows.append((args.kwarg, "**", None))
    for row in rows:
        if isinstance(row, str):
            yield Parameter(row, "", None, "")
            continue
        arg, stars, default = row
        if arg.arg in ("self", "cls"):
            continue
        kind = ast.unparse(arg.annotation) if arg.annotation else ""
        value = ast.unparse(default) if default else None
        yield Parameter(stars + arg.arg, kind.strip("'"), value, said.get(arg.arg, ""))


def of_fields(node, said):
    "Parameters of a dataclass: its fields"
    for line in node.body:
        if isinstance(line, ast.AnnAssign) and "ClassVar" not in ast.unparse(line.annotation):
            value = ast.unparse(line.value) if line.value else None
            value = re.sub(r"field\(default_factory=(\w+)\)", r"\1()", value) if value else value
            name = line.target.id
            yield Parameter(name, ast.unparse(line.annotation), value, said.get(name, ""))


def parameters(obj):
    node = tree_of(obj)
    if isinstance(node, ast.ClassDef):
        if is_dataclass(obj) and "__init__" not in [getattr(n, "name", None) for n in node.body]:
            return list(of_fields(node, comments(obj)))
        init = inspect.getattr_static(obj, "__init__", None)
        node, obj = (tree_of(init), init) if inspect.isfunction(init) else (None, obj)
    return list(of_arguments(node, comments(obj))) if isinstance(node, ast.FunctionDef) else []


def signature(head, params, tail=""):
    "One line if it fits, else as many parameters to a line as do"
    flat = f"{head}({', '.join(params)}){tail}"
    if len(flat) <= WIDTH:
        return flat
    lines = textwrap.wrap(
        ", ".join(p.replace(" ", "\0") for p in params), WIDTH - 4, break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n    ".join([f"{head}(", *(s.replace("\0", " ") for s in lines)]) + f"\n){tail}"


def escaped(text):
    "Text for a cell of a table"
    return text.replace("|", r"\|").replace("\n", " ")


def code(text):
    "Code in a cell; the spaces keep names of parameters from being linked as names of the package"
    return f"`` {escaped(text)} ``" if text else ""


def meaning(text):
    "A cell in which a value's name is not linked as a name of the package, unless words refer to it"
    plain = r"(?<!see )(?<!as )(?<!of )(?<!by )(?<!from )(?<!`)`([a-z0-9]+)`(?!`)"
    return re.sub(plain, r"`` \1 ``", escaped(text))


def table(params, returned):
    rows = [
        f"| {code(p.name)} | {code(p.type)} | {code(p.default)} | {meaning(p.meaning)} |"
        for p in params
        if p.name not in "/*"
    ]
    if any(returned):
        rows.append(f"| **returns** | {code(returned[0])} | | {escaped(returned[1])} |")
    return "\n".join(["| parameter | type | default | meaning |", "|---|---|---|---|", *rows])


def prose(doc):
    "A docstring with its sections in bold, each in a paragraph of its own"
    return re.sub(rf"(?<![\w`])\s*\b{PARTS}(?=\s)", r"\n\n**\1.**", doc)


def refusals(node):
    "The messages of a function's own `raise` lines, names in braces"
    for line in ast.walk(node):
        call = line.exc if isinstance(line, ast.Raise) else None
        if not isinstance(call, ast.Call) or not call.args:
            continue
        parts = getattr(call.args[0], "values", [call.args[0]])
        text = "".join(
            "{" + ast.unparse(p.value) + "}"
            if isinstance(p, ast.FormattedValue)
            else str(getattr(p, "value", ""))
            for p in parts
        )
        if text.strip():
            marks = {ord(c): f"&#{ord(c)};" for c in "&<>`*_$|[]~^\\"}   # the message is no Markdown
            words = " ".join(text.split()).translate(marks)
            yield f"- `{ast.unparse(call.func)}`: <code>{words}</code>"


def source(obj):
    "Folded, and outside of what the search reads"
    try:
        text = textwrap.dedent(inspect.getsource(obj)).rstrip()
    except (OSError, TypeError):
        return ""
    block = f'<pre class="sourceCode python"><code>{highlight(text, "python")}</code></pre>'
    return (
        "```{=html}\n"
        f'<details class="code-fold api-source"><summary>Source</summary>{block}</details>\n'
        "```"
    )


def first_sentence(doc):
    flat = " ".join((doc or "").partition("\n\n")[0].split())
    return re.split(r"(?<=[.:;])\s", flat + " ", maxsplit=1)[0].rstrip(" .:;")


@dataclass
class Entry:
    "What the reference says about one name"

    module: str
    name: str
    obj: object
    is_property: bool = False
    apart: frozenset = frozenset()  # methods that have an entry elsewhere on the page
    in_view: bool = False  # the page shows the source anyway

    @property
    def is_class(self):
        return inspect.isclass(self.obj)

    @property
    def line(self):
        return inspect.getsourcelines(self.obj)[1]

    @property
    def kind(self):
        if self.is_class:
            return "class"
        dotted = "." in self.name
        return "property" if self.is_property else "method" if dotted else "function"

    @property
    def anchor(self):
        return self.name.lower()

    @property
    def summary(self):
        return first_sentence(inspect.getdoc(self.obj) if self.obj.__doc__ else "")

    def methods(self):
        "Entries of the public methods that the class itself defines and says something about"
        hidden = [b for b in getattr(self.obj, "__mro__", ())[1:] if b.__name__[0] == "_"]
        own = {k: v for b in [*reversed(hidden), self.obj] if self.is_class for k, v in vars(b).items()}
        for name, value in own.items():
            obj = resolve(self.module, f"{self.name}.{name}")
            documented = getattr(obj, "__doc__", None) or any(comments(obj).values())
            if name[0] == "_" or not inspect.isfunction(obj) or not tree_of(obj):
                continue
            if f"{self.name}.{name}" in self.apart:
                continue
            if obj.__module__ == self.module and (documented or name == "forward"):
                yield Entry(
                    self.module, f"{self.name}.{name}", obj, isinstance(value, property),
                    in_view=self.in_view,
                )

    def markdown(self, level=3):
        params, node = parameters(self.obj), tree_of(self.obj)
        returns = getattr(node, "returns", None)
        said = comments(self.obj).get("return", "") if not self.is_class else ""
        returned = (ast.unparse(returns).strip("'") if returns else "", said)
        named = [p for p in params if p.name not in "/*"]
        full = sum(bool(p.meaning) for p in named)*3 > len(named)   # else the signature says it
        shown = [p.plain if full else p.typed for p in params]
        tail = f" -> {returned[0]}" if returned[0] else ""
        head = f"class {self.name}" if self.is_class else self.name
        line = f"{head}{tail}" if self.is_property else signature(head, shown, tail)
        parts = [f"{'#' * level} {self.name}", f"```python\n{line}\n```"]
        if bases := self.bases():
            parts.append(f"Extends {', '.join(f'`{b}`' for b in bases)}.")
        doc = inspect.getdoc(self.obj) if self.obj.__doc__ else ""
        if doc:
            parts.append(prose(doc) if not doc.startswith(f"{self.name}(") else "")
        if full:
            parts.append(table(params, returned))
        elif returned[1]:
            parts.append(f"**Returns.** {returned[1]}")
        where = [n for n in getattr(node, "body", []) if getattr(n, "name", "") == "__init__"]
        raised = list(dict.fromkeys(refusals(where[0] if where else node)))
        if (where or not self.is_class) and raised:
            parts.append("\n".join(["**Refuses with**", "", *raised]))
        parts.append("" if self.in_view else source(self.obj))
        parts += [m.markdown(level + 1) for m in self.methods()]
        return "\n\n".join(p for p in parts if p)

    def bases(self):
        "Public names of what the class extends; a private base stands for its own bases"
        known = {"object", "ABC", "Generic", "NamedTuple", "tuple"}
        left, found = list(getattr(self.obj, "__bases__", ())), []
        while left:
            base = left.pop(0)
            if base.__name__[0] == "_":
                left = [*base.__bases__, *left]
            elif base.__name__ not in known:
                found.append(base.__qualname__)
        return found


def entry(module, name, apart=()):
    "The entry of a name that a notebook exports to `module`; None if there is nothing to say"
    obj = resolve(module, name)
    if obj is None or not (inspect.isfunction(obj) or inspect.isclass(obj)):
        return None
    owner, _, last = name.rpartition(".")
    held = inspect.getattr_static(resolve(module, owner), last) if owner else obj
    return Entry(module, name, obj, isinstance(held, property), frozenset(apart))


def index(entries):
    "A table of all public names, and how many: `entries` is (page, Entry) in the order of pages"
    found = [(page, part) for page, e in entries for part in (e, *e.methods())]
    rows = ["| name | kind | module | what it is |", "|---|---|---|---|"]
    for page, e in sorted(found, key=lambda f: (f[1].name.lower(), f[0])):
        link = f"[`{e.name}`]({page}.ipynb#{e.anchor})"
        where = e.module.removeprefix("agf.")
        rows.append(f"| {link} | {e.kind} | {where} | {escaped(e.summary)} |")
    return "\n".join(rows), len(found)
