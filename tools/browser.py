"""Open every page of the site in headless Chromium and report what a reader would stumble over.

Needs `pip install playwright` and Chromium (the system's, or `playwright install chromium`); npm
for axe-core, which is fetched once.
"""

import argparse
import functools
import http.server
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parents[1]
AXE = "4.10.3"
# what a reader types, and a page that must be near the top
SOUGHT = {"padding mask": "checks", "dropout": "transformer", "early stopping": "recipes"}


def fetch_axe(cache):
    "axe-core's script from npm, once"
    script = cache / f"axe-{AXE}.js"
    if not script.exists():
        with tempfile.TemporaryDirectory() as tmp:
            subprocess.run(
                ["npm", "pack", "--silent", f"axe-core@{AXE}"],
                cwd=tmp,
                check=True,
                stdout=subprocess.DEVNULL,
            )
            with tarfile.open(next(Path(tmp).glob("*.tgz"))) as tar:
                tar.extract("package/axe.min.js", tmp, filter="data")
            cache.mkdir(parents=True, exist_ok=True)
            shutil.copy(f"{tmp}/package/axe.min.js", script)
    return script


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def serve(site):
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=site)
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


LOOK = """() => ({
    links: [...document.querySelectorAll('a[href]')].map(a => a.href),
    broken: [...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src.slice(0, 80)),
    noalt: [...document.images].filter(i => !i.hasAttribute('alt')).length,
    bare: [...document.querySelectorAll('figure img')].filter(i => !i.alt.trim()).length,
    ids: [...document.querySelectorAll('[id]')].map(e => e.id),
    raw: [...document.querySelectorAll('main p, main li, main td')].filter(e => !e.querySelector('.katex') && /\\$\\$|\\\\(frac|mathrm|top|theta)/.test(e.innerText) && !e.closest('pre') && !e.querySelector('code')).map(e => e.innerText.slice(0, 60)),
    unlinked: [...document.querySelectorAll('main p, main li, main td')].filter(e => !e.closest('pre') && /\\]\\([^ )]+\\.(html|ipynb)/.test(e.innerText)).map(e => e.innerText.match(/.{0,40}\\]\\([^ )]+\\)/)[0]),
    faulty: [...document.querySelectorAll('.katex-error')].map(e => e.innerText.slice(0, 60))})"""

WIDE = """() => {
    const scrolls = e => { for (let x = e.parentElement; x && x.tagName != 'MAIN'; x = x.parentElement) if (/auto|scroll|hidden/.test(getComputedStyle(x).overflowX)) return true; };
    const out = [...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('svg, .katex-mathml') && !scrolls(e));
    return [document.documentElement.scrollWidth - document.documentElement.clientWidth, ...out.slice(0, 1).map(e => e.outerHTML.slice(0, 80))]}"""


# boxes that scroll sideways: listings, and tables without a shadow that says so
SCROLLING = """() => {
    const box = e => { for (; e && e.tagName != 'MAIN'; e = e.parentElement) if (e.scrollWidth > e.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(e).overflowX)) return e; };
    const shown = q => [...document.querySelectorAll(q)].filter(e => e.offsetParent);
    return [shown('main pre').filter(box).length,
        shown('main table').map(box).filter(b => b && !/gradient/.test(getComputedStyle(b).backgroundImage)).length]}"""


def look(page, url, axe):
    "What is wrong with one page, and its links and ids"
    found, requests = [], []
    page.on(
        "console",
        lambda m: (
            m.type == "error"
            and not m.location.get("url", "").endswith("/favicon.ico")
            and found.append(f"console: {m.text[:120]}")
        ),
    )
    page.on("pageerror", lambda e: found.append(f"script: {str(e)[:120]}"))
    page.on("request", lambda r: requests.append(r.url))
    page.set_viewport_size(dict(width=1280, height=900))
    page.goto(url, wait_until="load")
    page.wait_for_timeout(150)
    seen = page.evaluate(LOOK)
    for width in 390, 1280:
        page.set_viewport_size(dict(width=width, height=900))
        over, *cut = page.evaluate(WIDE)
        if over > 0:
            found.append(f"scrolls sideways at {width} px, by {over} px")
        found += [f"cut off at {width} px: {html!r}" for html in cut]
        listings, tables = page.evaluate(SCROLLING)
        if listings and width > 1000:
            found.append(f"{listings} listing(s) scroll sideways at {width} px")
        if tables:
            found.append(f"{tables} table(s) scroll at {width} px without a shadow to say so")
    away = {
        u
        for u in requests
        if not u.startswith((url.rsplit("/", 1)[0], "data:", "blob:")) and "127.0.0.1" not in u
    }
    found += [f"loads from elsewhere: {u[:100]}" for u in sorted(away)]
    found += [f"image does not load: {src}" for src in seen["broken"]]
    if seen["noalt"] or seen["bare"]:
        found.append(f"{seen['noalt'] + seen['bare']} image(s) without alternative text")
    found += [f"a link is left as text: {t!r}" for t in seen["unlinked"]]
    found += [f"maths is not rendered: {t!r}" for t in seen["raw"] + seen["faulty"]]
    for scheme in "light", "dark":
        page.emulate_media(color_scheme=scheme)
        if scheme == "dark":
            page.reload(wait_until="load")
        page.add_script_tag(path=str(axe))
        what = {"resultTypes": ["violations"]}
        if scheme == "dark":
            what["runOnly"] = ["color-contrast"]   # all that the scheme changes
        for v in page.evaluate("what => axe.run(document, what)", what)["violations"]:
            if v["impact"] in ("serious", "critical"):
                found.append(
                    f"axe, {scheme}, {v['impact']}: {v['id']} ({len(v['nodes'])} places, e.g. {v['nodes'][0]['html'][:80]!r})"
                )
    return found, seen


def use(page, base):
    "Search and keyboard, on the front page"
    found = []
    page.goto(base + "/index.html", wait_until="load")
    focused = []
    for _ in range(25):
        page.keyboard.press("Tab")
        focused.append(
            page.evaluate(
                "() => [document.activeElement.tagName, document.activeElement.type || '', !!document.activeElement.closest('nav, header, aside'), !!document.activeElement.closest('main')]"
            )
        )
    if not any(f[0] in ("A", "BUTTON", "INPUT") and f[2] for f in focused):
        found.append("keyboard: Tab does not reach the menu")
    if not any(f[0] == "INPUT" for f in focused):
        found.append("keyboard: Tab does not reach the search")
    box = page.locator("input[type=search], input#search, input[placeholder*=earch]").first
    if not box.count():
        return found + ["search: there is no search box"]
    box.fill("AGFAttention")
    try:
        page.wait_for_function(
            "() => [...document.querySelectorAll('a')].some(a => a.offsetParent && /attention/i.test(a.href) && /AGFAttention/.test(a.closest('li, div')?.innerText || a.innerText))",
            timeout=5000,
        )
    except Exception:
        found.append("search: AGFAttention is not found")
    for words, page_name in SOUGHT.items():
        box.fill(words)
        page.wait_for_timeout(600)
        urls = page.evaluate("() => [...document.querySelectorAll('.search-result')].map(a => a.href)")
        if not any(f"/{page_name}.html" in u for u in urls[:5]):
            found.append(f"search: {words!r} does not lead to {page_name} among the first five")
    return found


def sift(page, base):
    "The tables that can be narrowed and sorted"
    found = []
    for name, word in {"names": "AGFAttention", "results": "toys/hops"}.items():
        page.goto(f"{base}/{name}.html", wait_until="load")
        rows = page.locator("table.sift tbody tr:visible")
        before = rows.count()
        page.locator(".sift-bar input").fill(word)
        shown = rows.all_inner_texts()
        if not 0 < len(shown) < before or any(word.lower() not in r.lower() for r in shown):
            found.append(f"{name}: {word!r} leaves {len(shown)} of {before} rows")
        head = page.locator("table.sift thead button").first
        head.click()
        up = [r.split("\t")[0].strip().lower() for r in rows.all_inner_texts()]
        head.click()
        down = [r.split("\t")[0].strip().lower() for r in rows.all_inner_texts()]
        if up != sorted(up) or down != sorted(up, reverse=True):
            found.append(f"{name}: a click on the first heading does not sort")
    return found


SET = """([name, value]) => {
    const control = document.querySelector(`.pg-controls [name="${name}"]`);
    control.value = value;
    control.dispatchEvent(new Event("input", { bubbles: true }));
    return control.value}"""
SHOWN = """() => Object.fromEntries([...document.querySelectorAll('.pg-numbers table')].map(t =>
    [t.dataset.name, [...t.tBodies[0].rows].map(r => [...r.cells].map(c => +c.textContent.replace('−', '-')))]))"""


def play(page, base):
    "The playground: what it shows against the package's numbers, keyboard, task, less motion"
    found = []
    page.goto(f"{base}/playground.html", wait_until="load")
    due = json.loads(page.locator("[data-playground]").get_attribute("data-playground"))["expected"]
    for i, one in enumerate(due):
        keys = ("graph", "kind", "basis", "signal", "node", "alpha", "depth")
        controls = {k: one[k] for k in keys} | {f"theta{k}": t for k, t in enumerate(one["theta"])}
        for name, value in controls.items():
            kept = page.evaluate(SET, [name, str(value)])
            if kept != str(value) and float(kept) != value:
                found.append(f"setting {i}: {name} takes {kept}, not {value}")
        shown = page.evaluate(SHOWN)
        pairs = {
            "signal": ([r[3] for r in shown["signal"]], one["filtered"]),
            "spectrum": (sum((r[2:] for r in shown["spectrum"]), []), sum(one["after"], [])),
            "differences": ([r[2] for r in shown["differences"]], one["curve"]),
        }
        for name, (seen, right) in pairs.items():
            off = max(abs(a - b) for a, b in zip(seen, right, strict=True))
            if not off <= 1e-6 * max(1, *map(abs, right)):
                found.append(f"setting {i}: {name} differs from the package's by {off:.1e}")
    page.reload(wait_until="load")
    page.locator("[name=theta2]").focus()
    before = page.locator(".pg-formula").inner_text()
    for _ in range(20):
        page.keyboard.press("ArrowUp")
    page.locator("[name=theta1]").focus()
    for _ in range(20):
        page.keyboard.press("ArrowDown")
    if page.locator(".pg-formula").inner_text() in (before, ""):
        found.append("keyboard: the arrow keys do not move a tap")
    if "Solved" not in page.locator(".pg-task").inner_text():
        found.append("the task is not solved by a filter that follows two links")
    page.emulate_media(reduced_motion="reduce")
    page.locator("[name=play]").click()
    if page.locator("[name=depth]").input_value() != "16":
        found.append("less motion is asked for, and the layers still play one by one")
    return found


def present(page, base):
    "A chapter as slides: the button, the keys, what is left out, and the way back"
    found = []
    page.goto(f"{base}/graph.html", wait_until="load")
    page.locator(".slides-start").click()
    count = page.locator(".slides-count")
    pictures, slides = set(), int(count.inner_text().split("/")[1])
    for i in range(slides):
        if count.inner_text() != f"{i + 1} / {slides}":
            found.append(f"slide {i + 1}: the counter says {count.inner_text()}")
        stage = page.locator(".slides-stage")
        if stage.locator("pre:visible:not(.cell-output pre), .callout").count():
            found.append(f"slide {i + 1} shows code or a solution")
        pictures |= set(stage.locator("img").evaluate_all("all => all.map(e => e.src)"))
        page.keyboard.press("ArrowRight")
    due = set(page.locator("main .cell-output img").evaluate_all("all => all.map(e => e.src)"))
    if due - pictures:
        found.append(f"{len(due - pictures)} pictures of the chapter are on no slide")
    page.keyboard.press("Escape")
    if page.locator(".slides").count() or not page.locator(".slides-start:focus").count():
        found.append("Escape does not lead back to the button")
    return found


def main():
    p = argparse.ArgumentParser(
        "browser", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument(
        "--site",
        default=ROOT / "_docs",
        type=Path,
        help="folder of the built site (default: _docs)",
    )
    p.add_argument("--page", nargs="+", metavar="NAME", help="only these, e.g. index attention")
    args = p.parse_args()
    from playwright.sync_api import sync_playwright

    site = args.site.resolve()
    pages = sorted(
        f.relative_to(site).as_posix()
        for f in site.rglob("*.html")
        if not args.page or f.stem in args.page
    )
    if not pages:
        sys.exit(f"no pages in {site}: build the site first, python tools/docs.py")
    base, axe, total, links, ids = serve(site), fetch_axe(ROOT / "build"), 0, {}, {}
    with sync_playwright() as pw:
        browser = pw.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
            args=["--no-sandbox"],
        )

        def report(name, found):
            nonlocal total
            total += len(found)
            print(
                f"{name}: " + ("fine" if not found else "".join(f"\n    {f}" for f in found)),
                flush=True,
            )

        for name in pages:
            context = browser.new_context()
            found, seen = look(context.new_page(), f"{base}/{name}", axe)
            context.close()
            links[name], ids[name] = seen["links"], set(seen["ids"])
            report(name, found)
        report("search and keyboard", use(browser.new_page(), base))
        report("tables", sift(browser.new_page(), base))
        report("playground", play(browser.new_page(), base))
        report("slides", present(browser.new_page(), base))
        browser.close()
    broken = []
    for name, urls in links.items():
        for u in {u for u in urls if u.startswith(base)}:
            target, _, anchor = u.removeprefix(base + "/").partition("#")
            target = target.partition("?")[0] or "index.html"
            if not (site / target).is_file():
                broken.append(f"{name} → {target}: no such page")
            elif anchor and target in ids and unquote(anchor) not in ids[target]:
                broken.append(f"{name} → {target}#{anchor}: no such place")
    report("links", sorted(set(broken)))
    print(f"{len(pages)} pages, {total} finding(s)")
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
