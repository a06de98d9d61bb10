"""Looks at `finetune serve` in a real headless Chromium while results arrive, and asks it what an attacker would.

python3 Tools/check_serve.py .build/release/finetune [--chromium /usr/bin/chromium] [--shots FOLDER]
Makes runs of two steps of the bundled checkpoint itself. Needs the PyPI packages playwright and axe-playwright-python, a Chromium and
curl.
"""
import argparse, json, os, pathlib, re, shutil, signal, subprocess, tempfile, time, urllib.request
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

parser = argparse.ArgumentParser()
parser.add_argument("program")
parser.add_argument("--chromium", default="/usr/bin/chromium")
parser.add_argument("--shots")
arguments = parser.parse_args()
program = str(pathlib.Path(arguments.program).resolve())
failures = []


def check(what, fits):
    print(("ok    " if fits else "FAIL  ") + what)
    if not fits: failures.append(what)


def wait(what, fits, seconds=30):
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        if fits(): return check(f"{what} ({time.monotonic() - start:.1f} s)", True)
        time.sleep(0.1)
    check(f"{what} (not in {seconds} s)", False)


folder = pathlib.Path(tempfile.mkdtemp())
grid = [program, "grid", "--tasks", "cola", "--optimizers", "adamw,fira", "--learning-rates", "3e-4,1e-3", "--train-limit", "64",
        "--eval-limit", "60", "--epochs", "1", "--threads", "1", "--save", "none", "--quiet", "--output", str(folder / "g")]
subprocess.run(grid + ["--seeds", "1"], check=True, stdout=subprocess.DEVNULL)
server = subprocess.Popen([program, "serve", str(folder / "g"), "--port", "0"], stdout=subprocess.PIPE, text=True)
try:
    url = server.stdout.readline().strip()
    port = int(re.fullmatch(r"http://127\.0\.0\.1:(\d+)/", url).group(1))
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=arguments.chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        messages, requests = [], []
        page.on("console", lambda m: messages.append(m.text))
        page.on("pageerror", lambda e: messages.append(str(e)))
        page.on("request", lambda r: requests.append(r.url))
        start = time.monotonic()
        page.goto(url, wait_until="load")
        check(f"shown in {time.monotonic() - start:.2f} s", time.monotonic() - start < 2)
        line = lambda: page.locator("#live").text_content()
        wait("the line says that the page is live", lambda: line().startswith("Live:"))
        rows = lambda: page.locator("#cells tbody tr").count()
        check(f"{rows()} cells", rows() == 4)
        # Where the reader is: sorted, filtered, scrolled, two cells picked.
        page.locator("#cells thead th", has_text="score").locator("button").click()
        page.locator("#cells-filter").fill("fira")
        page.select_option("#compare-b", "2")
        picked = page.locator("#compare-b option:checked").text_content()
        page.evaluate("window.scrollTo(0, 700)")
        top = page.evaluate("window.scrollY")
        page.evaluate("window.before = true")
        subprocess.run(grid + ["--seeds", "1,2"], check=True, stdout=subprocess.DEVNULL)
        wait("new cells appear", lambda: rows() == 8)
        check("the page was loaded again", page.evaluate("window.before") is None)
        time.sleep(3)
        check("the filter is kept", page.locator("#cells-filter").input_value() == "fira" and
              page.evaluate("Array.from(document.querySelectorAll('#cells tbody tr')).filter(r => !r.hidden).every(r => r.textContent.includes('fira'))"))
        check("the sorting is kept", page.locator("#cells thead th", has_text="score").get_attribute("aria-sort") == "ascending")
        check("the picked cell is kept", page.locator("#compare-b option:checked").text_content() == picked)
        check(f"the place is kept ({page.evaluate('window.scrollY')} of {top})", abs(page.evaluate("window.scrollY") - top) < 50)
        loads = requests.count(url)
        time.sleep(5)
        check("nothing new, nothing loaded", requests.count(url) == loads)
        check("only the page and its version are asked for", set(requests) == {url, url + "version"})
        check(f"console is empty {messages}", not messages)
        if arguments.shots:
            pathlib.Path(arguments.shots).mkdir(exist_ok=True, parents=True)
            page.evaluate("window.scrollTo(0, 0)")
            page.screenshot(path=f"{arguments.shots}/live.png")
        serious = [v["id"] for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
        check(f"axe-core finds nothing serious {serious}", not serious)
        # Half a file.
        record = (folder / "g/grid.json").read_bytes()
        (folder / "g/grid.json").write_bytes(record[:len(record) // 2])
        wait("a half written file is told in one line", lambda: "grid.json" in line() and "\n" not in line())
        check("the last good page is kept", rows() == 8)
        if arguments.shots: page.screenshot(path=f"{arguments.shots}/fault.png")
        (folder / "g/grid.json").write_bytes(record)
        wait("the line is gone when the file is whole", lambda: line().startswith("Live:"))
        check(f"console is still empty {messages}", not messages)
        # A page of another origin cannot read it.
        other = browser.new_page()
        other.goto("about:blank")
        outcome = other.evaluate("url => fetch(url + 'version').then(r => r.text(), e => 'refused')", url)
        check(f"another page is {outcome}", outcome == "refused")
        other.close()
        def curl(*options):
            done = subprocess.run(["curl", "-s", "-i", "--max-time", "10", *options], capture_output=True, text=True)
            return done.stdout.splitlines()[0] if done.stdout else f"status {done.returncode}"
        for what, options, status in [
            ("the page", [url], 200), ("HTTP/1.0", ["-0", url], 200), ("HEAD", ["-I", url], 200), ("another host", ["-H", "Host: evil.example", url], 421),
            ("no host", ["-H", "Host:", url], 400), ("POST", ["-d", "x=1", url], 405), ("DELETE", ["-X", "DELETE", url], 405),
            ("a path outside", ["--path-as-is", url + "../../../../etc/passwd"], 404), ("a file of the grid", [url + "grid.json"], 404),
            ("a huge header", ["-H", "X: " + "a" * 100_000, url], 431), 
        ]:
            first = curl(*options)
            check(f"curl: {what}: {first}", f" {status} " in first)
        tag = re.search(r"ETag: (\S+)", subprocess.run(["curl", "-sI", url], capture_output=True, text=True).stdout).group(1)
        check("curl: 304 for what is known", " 304 " in curl("-H", f"If-None-Match: {tag}", url))
        taken = subprocess.run([program, "serve", str(folder / "g"), "--port", str(port)], capture_output=True, text=True)
        check(f"a port in use: {taken.returncode} {taken.stderr.strip()}", taken.returncode == 73 and taken.stderr.count("\n") == 1)
        server.send_signal(signal.SIGINT)
        check(f"Ctrl-C ends it with {server.wait(5)}", server.returncode == 0)
        wait("the page says that the server is gone", lambda: "does not answer" in line())
        browser.close()
finally:
    server.kill()
    shutil.rmtree(folder)
print("FAILED: " + "; ".join(failures) if failures else "all checks passed")
raise SystemExit(bool(failures))
