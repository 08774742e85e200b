"""Print the chapters of the book from the built site as one PDF: title, contents, chapters.

Build the site first (`python tools/docs.py`). Needs `pip install playwright pypdf` and Chromium
(the system's, or `playwright install chromium`).
"""

import argparse
import datetime
import html
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHELF = "The book"   # the section of the sidebar
SHEETS = "site_libs/themes/cosmo.min.css", "site_libs/smalldocs.css", "styles.css"

STYLE = """
@page { size: A4; margin: 20mm 22mm 22mm; }
html { --bs-primary: #1a62b3; }
body { font: 10.5pt/1.5 Georgia, "Liberation Serif", serif; color: #111; background: #fff; }
h1, h2, h3, h4, .contents { font-family: "Liberation Sans", Arial, sans-serif; }
h1 { font-size: 22pt; margin: 0 0 .4em; } h2 { font-size: 15pt; margin-top: 1.6em; }
h3 { font-size: 12pt; margin-top: 1.4em; } h1, h2, h3, h4 { break-after: avoid; }
.title-page { height: 240mm; display: flex; flex-direction: column; justify-content: center; }
.title-page h1 { font-size: 34pt; }
.title-page p { max-width: 32em; }
.chapter, .contents { break-before: page; }
.chapter > .number { font: 11pt "Liberation Sans", Arial, sans-serif; color: #555; margin: 0; }
.description { font-style: italic; margin-bottom: 1.5em; }
main p, main li { max-width: none; }
main pre, main pre code { font-size: 8pt; white-space: pre-wrap !important;
  overflow-wrap: anywhere; }
main table { font-size: 8.5pt; width: auto; } main td, main th { white-space: normal !important; }
figure, img, .katex-display, tr { break-inside: avoid; }
.callout { break-inside: auto; border-left: 3px solid #1a62b3; padding-left: 1em; margin: 1em 0; }
.callout-title-container { font-weight: 600; }
img { max-width: 100%; }
.cell-output-display, .sd-table, .sift-box, .math.display { overflow: visible !important;
  background: none !important; }
.contents ol { list-style: none; padding: 0; }
.contents li { display: flex; gap: .5em; align-items: baseline; }
.contents li.part { margin-left: 1.6em; font-size: 9.5pt; }
.contents li.head { margin-top: .8em; font-weight: 600; }
.contents li i { flex: 1; border-bottom: 1px dotted #888; }
.contents a, main a { color: #1a62b3; text-decoration: none; }
"""

CHAPTERS = """shelf => [...document.querySelectorAll('#quarto-sidebar .sidebar-item-section')]
    .filter(s => s.querySelector('.menu-text').innerText.trim() === shelf)
    .flatMap(s => [...s.querySelectorAll('.sidebar-section a')].map(a => a.getAttribute('href')))"""

# the chapter as it stands in the browser, with its maths: folded code left out, solutions open
CHAPTER = """([name, names]) => {
    const main = document.querySelector('main');
    const gone = 'header nav, .page-navigation, .code-copy-button, .anchorjs-link, script, button,'
        + ' details, .sift-bar, .callout-icon-container, .callout-btn-toggle, .katex-mathml';
    main.querySelectorAll(gone).forEach(e => e.remove());
    main.querySelectorAll('.collapse').forEach(e => e.classList.remove('collapse'));
    for (const image of main.querySelectorAll('img')) image.src = image.src;
    for (const e of main.querySelectorAll('[id]')) e.id = `${name}--${e.id}`;
    for (const link of main.querySelectorAll('a[href]')) {
        const [page, place] = link.getAttribute('href').split('#');
        const target = page ? page.replace('.html', '') : name;
        if (page.includes('://')) continue;
        if (names.includes(target)) link.href = `#${target}` + (place ? `--${place}` : '');
        else link.replaceWith(...link.childNodes);   // to a page that is not in the book
    }
    const title = main.querySelector('h1').innerText;
    main.querySelector('h1').id = name;
    const parts = [...main.querySelectorAll('section.level2')]
        .map(s => [s.id, s.querySelector('h2').innerText]);
    return { name, title, parts, body: main.innerHTML }}"""

FOOTER = (
    '<div style="font: 8pt sans-serif; width: 100%; text-align: center; color: #555">'
    '<span class="pageNumber"></span></div>'
)


def read_chapters(browser, site):
    "Title, sections and HTML of each chapter, in the order of the sidebar"
    page = browser.new_page(viewport=dict(width=1000, height=900), color_scheme="light")
    page.goto((site / "index.html").as_uri())
    names = [Path(href).stem for href in page.evaluate(CHAPTERS, SHELF)]
    chapters = []
    for name in names:
        page.goto((site / f"{name}.html").as_uri(), wait_until="load")
        page.wait_for_function("() => !window.katex || !document.querySelector('.math') || "
                               "document.querySelector('.katex')")
        page.wait_for_timeout(300)
        chapters.append(page.evaluate(CHAPTER, [name, names]))
    version = page.locator(".nav-footer-left").inner_text()
    page.close()
    return chapters, version


def contents(chapters, numbers):
    "The list of chapters and sections; `numbers` has the page of each anchor, once it is known"
    def line(anchor, text, kind):
        number = numbers.get(anchor, "000")
        return (
            f'<li class="{kind}"><a href="#{anchor}">{html.escape(text)}</a><i></i>'
            f'<a href="#{anchor}">{number}</a></li>'
        )

    for i, c in enumerate(chapters, 1):
        yield line(c["name"], f"{i}  {c['title']}", "head")
        yield from (line(anchor, text, "part") for anchor, text in c["parts"])


def whole(chapters, version, site, numbers):
    "The book as one HTML page"
    sheets = [*SHEETS, "site_libs/katex/katex.min.css"]
    links = "".join(f'<link rel="stylesheet" href="{(site / s).as_uri()}">' for s in sheets)
    listed = "\n".join(contents(chapters, numbers))
    title = (
        '<section class="title-page"><h1>agf</h1>'
        "<p><strong>When does a learned filter on attention matter?</strong> "
        "The book: theory, layers and measurements.</p>"
        f"<p>{html.escape(version)}<br>Printed {datetime.date.today():%d %B %Y}. "
        "The code that is folded on the site, the reference and the lab are not printed here.</p>"
        "</section>"
    )
    bodies = "\n".join(
        f'<section class="chapter"><p class="number">Chapter {i}</p>{c["body"]}</section>'
        for i, c in enumerate(chapters, 1)
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>agf, the book</title>'
        f"{links}<style>{STYLE}</style></head><body>{title}"
        f'<nav class="contents"><h1>Contents</h1><ol>{listed}</ol></nav><main>{bodies}</main>'
        "</body></html>"
    )


def print_pdf(browser, text, to):
    with tempfile.TemporaryDirectory() as tmp:
        source = Path(tmp) / "book.html"
        source.write_text(text, encoding="utf-8")
        page = browser.new_page(color_scheme="light")
        page.goto(source.as_uri(), wait_until="load")
        page.pdf(
            path=to, prefer_css_page_size=True, print_background=True, display_header_footer=True,
            header_template="<span></span>", footer_template=FOOTER, outline=True, tagged=True,
        )
        page.close()


def page_numbers(path):
    "Page of each anchor, from 1"
    from pypdf import PdfReader
    reader = PdfReader(path)
    found = {name.lstrip("/"): reader.get_destination_page_number(place) + 1
             for name, place in reader.named_destinations.items()}
    return found, len(reader.pages)


def main():
    p = argparse.ArgumentParser(
        "book_pdf", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("--site", default=ROOT / "_docs", type=Path, help="folder of the built site")
    p.add_argument("--to", type=Path, help="file to write (default: agf-book.pdf in the site)")
    args = p.parse_args()
    site = args.site.resolve()
    to = args.to or site / "agf-book.pdf"
    if not (site / "index.html").exists():
        sys.exit(f"no site in {site}: build it first, python tools/docs.py")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as pw:
        browser = pw.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
            args=["--no-sandbox", "--allow-file-access-from-files"],
        )
        chapters, version = read_chapters(browser, site)
        if not chapters:
            sys.exit(f"the sidebar has no section {SHELF!r}")
        print_pdf(browser, whole(chapters, version, site, {}), to)
        numbers, _ = page_numbers(to)
        print_pdf(browser, whole(chapters, version, site, numbers), to)
        browser.close()
    again, count = page_numbers(to)
    missing = [c["title"] for c in chapters if c["name"] not in numbers]
    if missing or again != numbers:
        sys.exit(f"the contents do not name the right pages: {missing or 'they moved'}")
    print(f"{to}: {len(chapters)} chapters, {count} pages")


if __name__ == "__main__":
    main()
