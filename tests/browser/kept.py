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
  const counts = {};
  for (const { name } of await indexedDB.databases()) {
    const database = await done(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      const records = database.transaction(store).objectStore(store);
      counts[`${name}.${store}`] = await done(records.count());
    }
    database.close();
  }
  return counts;
}"""


async def kept_pictures(device: Device) -> list[str]:
    """The addresses of pictures in the tab's caches; the app's own files are not among them."""
    urls: list[str] = await device.page.evaluate(_PICTURES)
    return [url for url in urls if "/renditions/" in urlsplit(url).path]


async def kept_records(device: Device) -> dict[str, int]:
    """How many records each store of the tab's databases has; stores without any are left out."""
    counts: dict[str, int] = await device.page.evaluate(_RECORDS)
    return {name: count for name, count in counts.items() if count}


async def kept_settings(device: Device) -> dict[str, str]:
    """What the tab's local storage has."""
    entries: dict[str, str] = await device.page.evaluate("() => ({ ...localStorage })")
    return entries
