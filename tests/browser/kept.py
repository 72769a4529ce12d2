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
_RECORDS = """async () => {
  const done = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const found = {};
  for (const { name } of await indexedDB.databases()) {
    const database = await done(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      const records = await done(database.transaction(store).objectStore(store).getAll());
      if (records.length) found[`${name}.${store}`] = JSON.stringify(records);
    }
    database.close();
  }
  return found;
}"""


async def kept_pictures(device: Device) -> list[str]:
    """The addresses of pictures in the tab's caches; the app's own files are not among them."""
    urls: list[str] = await device.page.evaluate(_PICTURES)
    return [url for url in urls if "/renditions/" in urlsplit(url).path]


async def kept_records(device: Device) -> dict[str, str]:
    """What each store of the tab's databases has, as JSON; stores that are empty are left out."""
    found: dict[str, str] = await device.page.evaluate(_RECORDS)
    return found


async def kept_settings(device: Device) -> dict[str, str]:
    """What the tab's local storage has."""
    entries: dict[str, str] = await device.page.evaluate("() => ({ ...localStorage })")
    return entries
