/** What addresses say of pictures, and which of them serves for another. */

import { describe, expect, test } from "vitest";

import { nearest, newest, pick, renditionOf, renditionsOf, sufficing } from "./renditions";

const POST = "0123456789abcdef";
const SHA = "89abcdef01234567";

function address(name: string, post = POST): string {
  return `http://localhost:8081/eu/renditions/${post}/${SHA}/${name}`;
}

function renditions(...names: string[]) {
  return renditionsOf(names.map((name) => address(name)));
}

function wanted(name: string) {
  const rendition = renditionOf(address(name));
  if (!rendition) throw new Error(`${name} is no rendition.`);
  return rendition;
}

describe("an address", () => {
  test("says whose picture it shows, how wide, and in which format", () => {
    expect(renditionOf(address("640.webp"))).toEqual({
      url: address("640.webp"),
      post: POST,
      widthPx: 640,
      format: "webp",
    });
  });

  test.each([
    "http://localhost:8080/graphql",
    "http://localhost:8081/eu/originals/0123456789abcdef/89abcdef01234567",
    address("640.png"),
    address("640.webp?x"),
    address("x.webp"),
  ])("%s is no picture of ours", (url) => {
    expect(renditionOf(url)).toBeNull();
  });
});

describe("what a browser takes from a srcset", () => {
  const all = renditions("320.webp", "640.webp", "1080.jpg", "1080.webp", "1600.webp");

  test.each([
    [100, 1, "320.webp"],
    [600, 1, "640.webp"],
    [641, 1, "1080.webp"], // on a plain screen never one that is too narrow
    [350, 2, "640.webp"], // 700 is nearer to 640 than to 1080
    [412, 2.625, "1080.webp"], // 1,081.5 is nearer to 1,080 than to 1,600
    [600, 3, "1600.webp"],
  ])("%d px at a density of %d is %s", (widthPx, density, name) => {
    expect(pick(all, widthPx, density)?.url).toBe(address(name));
  });

  test("is AVIF where there is some, and JPEG where there is nothing else", () => {
    expect(pick(renditions("320.avif", "640.webp"), 600, 1)?.url).toBe(address("320.avif"));
    expect(pick(renditions("1080.jpg"), 100, 1)?.url).toBe(address("1080.jpg"));
    expect(pick([], 100, 1)).toBeNull();
  });
});

describe("what serves for a picture that is not kept", () => {
  const kept = [
    ...renditions("320.webp", "1080.jpg", "1080.webp", "1600.webp"),
    ...renditionsOf([address("640.webp", "fedcba9876543210")]),
  ];

  test("is the narrowest of the same post that is wide enough, in the same format if there is one", () => {
    expect(nearest(kept, wanted("640.webp"))?.url).toBe(address("1080.webp"));
    expect(nearest(kept, wanted("640.jpg"))?.url).toBe(address("1080.jpg"));
    expect(nearest(kept, wanted("1600.webp"))?.url).toBe(address("1600.webp"));
  });

  test("is the widest, if none is wide enough; with a network that does not suffice", () => {
    const narrow = renditions("640.webp", "320.webp");
    expect(nearest(narrow, wanted("1080.webp"))?.url).toBe(address("640.webp"));
    expect(sufficing(narrow, wanted("1080.webp"))).toBeNull();
  });

  test("is never another post's", () => {
    const others = renditionsOf([address("1600.webp", "fedcba9876543210")]);
    expect(nearest(others, wanted("640.webp"))).toBeNull();
  });
});

test("The newest posts are those with the greatest numbers, each once", () => {
  expect(newest(["0000000000000009", "000000000000000a", "0000000000000009"], 2)).toEqual([
    "000000000000000a",
    "0000000000000009",
  ]);
  expect(newest(["1", "3", "2"], 2)).toEqual(["3", "2"]);
});
