"""Looks at a report's page in a real headless Chromium: console, charts against grid.json, sorting, filter, comparison, print, axe-core.

python3 Tools/check_report.py REPORT/report.html [--grid GRID/grid.json] [--shots FOLDER] [--chromium /usr/bin/chromium]
Names in the data that are hostile (Tools/make_report_cells.py) must stay text. Needs the PyPI packages playwright and axe-playwright-python (which carries axe-core), and a Chromium.
"""
import argparse, json, math, pathlib, time
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

parser = argparse.ArgumentParser()
parser.add_argument("page")
parser.add_argument("--grid")
parser.add_argument("--shots")
parser.add_argument("--chromium", default="/usr/bin/chromium")
arguments = parser.parse_args()
url = pathlib.Path(arguments.page).resolve().as_uri()
failures = []


def check(what, fits):
    print(("ok    " if fits else "FAIL  ") + what)
    if not fits: failures.append(what)


with sync_playwright() as play:
    browser = play.chromium.launch(executable_path=arguments.chromium, args=["--no-sandbox"])
    for scheme in ["light", "dark"]:
        for name, width in [("desktop", 1280), ("phone", 390)]:
            page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            messages, requests = [], []
            page.on("console", lambda m: messages.append(m.text))
            page.on("pageerror", lambda e: messages.append(str(e)))
            page.on("request", lambda r: requests.append(r.url))
            start = time.monotonic()
            page.goto(url, wait_until="load")
            page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
            seconds = time.monotonic() - start
            label = f"{scheme} {name}"
            check(f"{label}: shown in {seconds:.2f} s (at most 2)", seconds < 2)
            check(f"{label}: console is empty {messages}", not messages)
            check(f"{label}: nothing else is loaded", [r for r in requests if not r.startswith("data:")] == [url])
            wide = page.evaluate("document.documentElement.scrollWidth")
            check(f"{label}: no sideways scrolling of the page ({wide} of {width})", wide <= width)
            if arguments.shots:
                pathlib.Path(arguments.shots).mkdir(exist_ok=True, parents=True)
                page.screenshot(path=f"{arguments.shots}/{scheme}-{name}.png", full_page=True)
            # A name in the data that came to be markup would run, or be one of these.
            ran = page.evaluate("'hacked' in window || document.querySelectorAll('img, iframe, object, link:not([rel=icon]), base, [onerror], [onmouseover], "
                                "a[href^=\"javascript:\"]').length > 0 || document.title === 'hacked'")
            check(f"{label}: no name became markup", not ran)
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            found = Axe().run(page).response["violations"]
            serious = [(v["id"], len(v["nodes"]), v["nodes"][0]["html"][:120]) for v in found if v["impact"] in ("serious", "critical")]
            check(f"{label}: axe-core finds nothing serious {serious}", not serious)
            for v in found:
                if v["impact"] not in ("serious", "critical"): print("      minor:", v["id"], v["nodes"][0]["html"][:100])
            page.close()
    # A4 less margins, in CSS pixels.
    page = browser.new_page(viewport={"width": 718, "height": 1_000}, color_scheme="dark")
    page.goto(url)
    page.emulate_media(media="print")
    wide = page.evaluate("document.documentElement.scrollWidth")
    check(f"print: nothing is wider than the paper ({wide} of 718)", wide <= 718)
    cut = page.evaluate("""Array.from(document.querySelectorAll('main *, body *')).filter(e => {
        const s = getComputedStyle(e);
        return e.offsetParent && ['auto', 'scroll', 'hidden'].includes(s.overflowX) && e.scrollWidth > e.clientWidth + 1;
    }).map(e => e.tagName + '.' + e.className + ' ' + e.scrollWidth + '/' + e.clientWidth)""")
    check(f"print: no part is cut off {cut[:5]}", not cut)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    check(f"print: on white, also from a dark screen ({ground})", ground in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"))
    if arguments.shots:
        page.screenshot(path=f"{arguments.shots}/print.png", full_page=True)
        page.pdf(path=f"{arguments.shots}/print.pdf", format="A4")
    page.close()
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(url)
    data = json.loads(page.evaluate("document.getElementById('data').textContent"))
    if page.locator("#cells").count():
        rows = page.locator("#cells tbody tr")
        check(f"{rows.count()} rows of cells, {len(data['cells'])} in the data", rows.count() == len(data["cells"]))
        # By keyboard: focus the button of the score's column and press Enter.
        button = page.locator("#cells thead th", has_text="score").locator("button")
        def scores():
            return page.evaluate("Array.from(document.querySelectorAll('#cells tbody tr')).map(r => r.cells[6].dataset.k ?? null)")
        for direction in ["ascending", "descending"]:
            button.focus(); page.keyboard.press("Enter")
            told = page.locator("#cells thead th", has_text="score").get_attribute("aria-sort")
            values = [float(x) for x in scores() if x is not None]
            right = sorted(values, reverse=direction == "descending")
            check(f"sorted {direction} by keyboard, aria-sort says {told}", told == direction and values == right)
        name = data["cells"][-1]["name"]
        page.locator("#cells-filter").fill(name)
        shown = page.evaluate("Array.from(document.querySelectorAll('#cells tbody tr')).filter(r => !r.hidden).map(r => r.cells[0].textContent)")
        check(f"filter by a name shows {len(shown)}", name in shown and all(name in s for s in shown))
        page.locator("#cells-filter").fill("")
    if page.locator("#compare-a").count():
        page.select_option("#compare-b", str(len(data["cells"]) - 1))
        a, b = data["cells"][0]["values"], data["cells"][-1]["values"]
        differ = {k for k in set(a) | set(b) if a.get(k) != b.get(k)}
        shown = set(page.evaluate("Array.from(document.querySelectorAll('#compare-body tr')).map(r => r.cells[0].textContent)"))
        check(f"two cells compared: {len(differ)} differences", shown == differ)
    if arguments.grid:
        grid = json.load(open(arguments.grid))
        cells = [c for c in grid["cells"] if c["status"] == "completed" and c["primary_metric"] in c["metrics"]]
        drawn = page.evaluate("Array.from(document.querySelectorAll('svg[aria-labelledby*=-rates] .d, svg[aria-labelledby*=-rates] .h')).map(e => [Number(e.dataset.x), Number(e.dataset.y)])")
        wanted = sorted([c["learning_rate"], c["metrics"][c["primary_metric"]]] for c in cells)
        close = len(drawn) == len(wanted) and all(math.isclose(x, y, rel_tol=1e-12, abs_tol=1e-12)
                                                   for d, w in zip(sorted(drawn), wanted) for x, y in zip(d, w))
        check(f"the {len(drawn)} dots are grid.json's {len(wanted)} scores", close)
        rings = sorted(page.evaluate("Array.from(document.querySelectorAll('svg[aria-labelledby*=-rates] .o')).map(e => [Number(e.dataset.x), Number(e.dataset.y)])"))
        wins = sorted([w["learning_rate"], w["mean"]] for w in grid["winners"])
        check(f"the {len(rings)} rings are grid.json's winners", len(rings) == len(wins) and all(
            math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-12) for r, w in zip(rings, wins) for x, y in zip(r, w)))
        # The places of the dots grow with their values.
        order = page.evaluate("""Array.from(document.querySelectorAll('svg[aria-labelledby*=-rates] .d')).map(e => {
            const b = e.getBBox(); return [Number(e.dataset.y), b.y + b.height / 2]; })""")
        order.sort()
        check("higher scores stand higher", all(p[1] >= q[1] - 1.5 for p, q in zip(order, order[1:])))
    page.close()
    browser.close()
print("FAILED: " + "; ".join(failures) if failures else "all checks passed")
raise SystemExit(bool(failures))
