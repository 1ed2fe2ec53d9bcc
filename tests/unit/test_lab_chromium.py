"""Which Chromium is taken."""

from dialerd.lab.chromium import find_chromium


def program(path, text="#!/bin/sh\nexec true\n"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_the_one_in_the_path_is_taken_as_it_is(tmp_path):
    installed = program(tmp_path / "bin" / "chromium")
    program(tmp_path / ".cache/ms-playwright/chromium-9/chrome-linux64/chrome")
    found = find_chromium(str(installed.parent), tmp_path)
    assert (found.program, dict(found.environment)) == (installed, {})


def test_a_script_that_wants_snap_is_none(tmp_path):
    program(tmp_path / "bin" / "chromium-browser", "#!/bin/sh\necho 'snap install chromium' >&2\nexit 1\n")
    other = program(tmp_path / "bin" / "google-chrome")
    assert find_chromium(str(tmp_path / "bin"), tmp_path).program == other


def test_without_one_in_the_path_that_of_playwright_is_taken(tmp_path):
    (tmp_path / "bin").mkdir()
    program(tmp_path / ".cache/ms-playwright/chromium-8/chrome-linux/chrome")
    newest = program(tmp_path / ".cache/ms-playwright/chromium-9/chrome-linux64/chrome")
    assert find_chromium(str(tmp_path / "bin"), tmp_path).program == newest
