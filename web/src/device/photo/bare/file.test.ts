/** Whether metadata is gone from files, and the picture still there. */

import { describe, expect, test } from "vitest";
import { type Bytes, CutFileError, bigEndian, bytesOf } from "./bytes";
import { orientationOf, tiffWith } from "./exif";
import { bareFile, typeOf } from "./file";
import examples from "./examples.json";
import type { BareFile } from "./model";

/**
 * By Pillow, from a picture of 24 by 16 pixels: with Exif that says 6 and has a place, XMP, a comment and
 * something behind the end where the format lets them.
 */
type Name = keyof typeof examples;

const CANARY = "what-only-the-author-may-know";
const SECRETS = [CANARY, "GPS", "xmpmeta", "ftypmp42"];
const WITH_METADATA: readonly Name[] = ["jpeg", "png", "webp", "avif", "heic"];
const ALL = Object.keys(examples) as Name[];

function example(name: Name): Bytes {
  return bytesOf(atob(examples[name]));
}

function joined(pieces: readonly Bytes[]): Bytes {
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}

function says(file: Bytes, words: string): boolean {
  return new TextDecoder("latin1").decode(file).includes(words);
}

function bare(file: Bytes): BareFile {
  const type = typeOf(file);
  const found = type && bareFile(file, type);
  if (!found) throw new Error("It is not understood.");
  return found;
}

/** Whether it is understood, or said not to be; a hang and any other error are neither. */
function isJudged(file: Bytes): boolean {
  const type = typeOf(file);
  if (!type) return true;
  try {
    bareFile(file, type)?.pieces(6);
    return true;
  } catch (error) {
    return error instanceof CutFileError;
  }
}

describe("a bare file", () => {
  test.each(WITH_METADATA)("has nothing of the metadata: %s", (name) => {
    const file = example(name);
    expect(says(file, CANARY)).toBe(true);

    const { pieces, orientation } = bare(file);

    for (const said of [1, orientation]) {
      const written = joined(pieces(said));
      expect(SECRETS.filter((secret) => says(written, secret))).toEqual([]);
      expect(typeOf(written)).toBe(typeOf(file));
    }
  });

  test.each(ALL.filter((name) => name !== "animatedWebp"))(
    "is the same, bared again: %s",
    (name) => {
      const once = bare(example(name));
      const written = joined(once.pieces(once.orientation));
      const twice = bare(written);

      expect(twice.size).toEqual(once.size);
      if (name !== "heic") expect(twice.size).toEqual({ width: 24, height: 16 }); // it is padded
      expect(twice.orientation).toBe(once.orientation);
      expect(joined(twice.pieces(twice.orientation))).toEqual(written);
    },
  );

  test.each<[Name, number]>([
    ["jpeg", 6],
    ["png", 6],
    ["webp", 6],
    ["losslessWebp", 1],
    ["avif", 1],
    ["heic", 1],
  ])("says which way is up, unless its decoder knows: %s", (name, orientation) => {
    expect(bare(example(name)).orientation).toBe(orientation);
    const upright = joined(bare(example(name)).pieces(1));
    expect(bare(upright).orientation).toBe(1);
  });

  test("keeps the profile of its colours", () => {
    expect(says(joined(bare(example("jpeg")).pieces(1)), "ICC_PROFILE")).toBe(true);
  });

  test("has no pixels moved in a file whose places are told by numbers", () => {
    for (const name of ["avif", "heic"] as const) {
      const file = example(name);
      expect(joined(bare(file).pieces(1))).toHaveLength(file.length);
    }
  });

  test("is not made of an animation, whose frames may hide anything", () => {
    expect(bareFile(example("animatedWebp"), "image/webp")).toBeNull();
  });

  test("has no thumbnail of another size in its JFIF segment", () => {
    const thumbnail = Uint8Array.from([
      ...bytesOf("JFIF\0"),
      1,
      1,
      0,
      0,
      1,
      0,
      1,
      1,
      1,
      65,
      66,
      67,
    ]);
    const segment = [0xff, 0xe0, ...bigEndian(thumbnail.length + 2, 2), ...thumbnail];
    const file = example("jpeg");
    const written = joined(
      bare(Uint8Array.from([0xff, 0xd8, ...segment, ...file.subarray(2)])).pieces(1),
    );
    expect(says(written, "ABC")).toBe(false);
  });
});

describe("a damaged file", () => {
  test.each(ALL)("is judged wherever it is cut: %s", (name) => {
    const file = example(name);
    const lengths = [...file.keys()].filter((length) => !isJudged(file.slice(0, length)));
    expect(lengths).toEqual([]);
  });

  test.each(ALL)("is judged whichever of its bytes is wrong: %s", (name) => {
    const file = example(name);
    for (const wrong of [0, 1, 0x7f, 0xff]) {
      const places = [...file.keys()].filter((at) => !isJudged(file.with(at, wrong)));
      expect(places, `${wrong} there`).toEqual([]);
    }
  });

  test("takes no time that its length does not explain", () => {
    const items = [0, 0, 0xff, 0xff, 0xff, 0xff].flatMap((byte) => [byte]);
    const places = Uint8Array.from([...Array<number>(20_000).fill(0xff)]);
    const iloc = box("iloc", Uint8Array.of(2, 0, 0, 0, 0, 0, ...items), places);
    const meta = box("meta", new Uint8Array(4), box("iinf", new Uint8Array(6)), iloc);
    const file = joined([box("ftyp", bytesOf("avif\0\0\0\0avif")), meta, box("mdat")]);
    expect(bareFile(file, "image/avif")).toBeNull();
  });
});

describe("an orientation", () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])("is read as it was written: %i", (orientation) => {
    expect(orientationOf(tiffWith(orientation))).toBe(orientation);
  });

  test("is read in both orders of bytes", () => {
    const entry = [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 8, 0, 0];
    const tiff = Uint8Array.from([...bytesOf("MM\0*"), 0, 0, 0, 8, 0, 1, ...entry]);
    expect(orientationOf(tiff)).toBe(8);
  });

  test.each([0, 9, 60_000])("is none of eight, so it says nothing: %i", (orientation) => {
    expect(orientationOf(tiffWith(orientation))).toBe(1);
  });

  test("is not looked for past the end", () => {
    const tiff = tiffWith(6);
    for (let length = 0; length < 20; length++)
      expect(orientationOf(tiff.slice(0, length))).toBe(1);
  });
});

test.each([
  ["nothing", ""],
  ["a text", "Not a photo at all."],
  ["a GIF", "GIF89a\0\0\0\0\0\0\0\0"],
  ["a film", "\0\0\0\x18ftypmp42\0\0\0\0mp42isom"],
])("%s is no photo", (_, content) => {
  expect(typeOf(bytesOf(content))).toBeNull();
});

function box(type: string, ...content: readonly Bytes[]): Bytes {
  const body = joined(content);
  return joined([bigEndian(body.length + 8, 4), bytesOf(type), body]);
}
