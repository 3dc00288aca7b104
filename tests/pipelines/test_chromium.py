from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def test_it_runs_scripts_and_draws_in_three_dimensions(page: Page) -> None:
    page.set_content("<canvas></canvas>")
    size = "[c.MAX_TEXTURE_SIZE, c.getParameter(c.MAX_TEXTURE_SIZE) >= 4096]"
    assert page.evaluate(f"() => {{ const c = document.querySelector('canvas').getContext('webgl'); return {size}; }}")


def test_what_a_page_complains_of_fails_its_test(browser: Browser) -> None:
    from chromium import page_of

    with pytest.raises(AssertionError, match="no such"), page_of(browser) as page:
        page.set_content("<script>throw new Error('no such')</script>")
    with pytest.raises(AssertionError, match=r"example\.com"), page_of(browser) as page:
        page.set_content("<img src='http://example.com/a.png'>")
