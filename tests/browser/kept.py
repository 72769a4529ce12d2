"""What is kept on a device."""

from urllib.parse import urlsplit

from tests.browser.device import Device

_PICTURES = """async () => {
  const urls = [];
  for (const name of await caches.keys()) {
    for (const { url } of await (await caches.open(name)).keys()) urls.push(url);
  }
  return urls;
}"""
_DATABASES = "async () => (await indexedDB.databases()).map(({ name }) => name)"


async def kept_pictures(device: Device) -> list[str]:
    """The addresses of pictures in the tab's caches; the app's own files are not among them."""
    urls: list[str] = await device.page.evaluate(_PICTURES)
    return [url for url in urls if "/renditions/" in urlsplit(url).path]


async def kept_databases(device: Device) -> list[str]:
    """The names of the tab's databases."""
    names: list[str] = await device.page.evaluate(_DATABASES)
    return names


async def kept_settings(device: Device) -> dict[str, str]:
    """What the tab's local storage has."""
    entries: dict[str, str] = await device.page.evaluate("() => ({ ...localStorage })")
    return entries
