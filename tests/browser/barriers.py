"""What axe finds that keeps people out of a page."""

from playwright.async_api import Page

from tests.browser.chromium import script_of

_RUN = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`);
}"""


async def barriers(page: Page) -> list[str]:
    """Each rule that the page breaks, with where it does; what moves is waited for."""
    await page.evaluate("Promise.allSettled(document.getAnimations().map((each) => each.finished))")
    await page.evaluate(script_of("axe-core", "axe.min.js"))
    found: list[str] = await page.evaluate(_RUN)
    return found
