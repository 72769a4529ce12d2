/** How much room pictures and cards take, and where browsers choose pictures from. */

import { describe, expect, test } from "vitest";

import { cardHeight } from "./heights";
import { fullSize, pictureHeight, roomOf, sizesOf, type Image } from "./shapes";
import { sourcesOf } from "./sources";

function image(width: number, height: number): Image {
  const scaled = (to: number) => ({ width: to, height: Math.round((to / width) * height) });
  const variant = (to: number, format: "WEBP" | "JPEG" | "AVIF") => ({
    __typename: "ImageVariant" as const,
    url: `http://cdn/${to}.${format.toLowerCase()}`,
    format,
    ...scaled(to),
  });
  const jpeg = variant(Math.min(width, 1080), "JPEG");
  return {
    __typename: "Image",
    url: jpeg.url,
    width: jpeg.width,
    height: jpeg.height,
    thumbhash: "",
    variants: [variant(Math.min(width, 320), "WEBP"), jpeg, variant(width, "WEBP")],
  };
}

describe("the room of a picture", () => {
  test("has its own ratio, as far as that is calm", () => {
    expect(roomOf(image(1600, 1200), "card").aspectRatio).toBe(4 / 3);
    expect(roomOf(image(400, 1600), "card").aspectRatio).toBe(3 / 4);
    expect(roomOf(image(1600, 100), "card").aspectRatio).toBe(21 / 9);
    expect(roomOf(image(400, 1600), "square").aspectRatio).toBe(1);
    expect(roomOf(image(400, 800), "whole").aspectRatio).toBe(1 / 2);
  });

  test("is never larger than the pixels that there are", () => {
    expect(roomOf(image(160, 120), "card").maxHeight).toBe(120);
    expect(roomOf(image(160, 80), "whole").width).toBe("min(100%, 160px, 160.00dvh)");
    expect(pictureHeight(image(1600, 1200), 600)).toBeCloseTo(450);
    expect(pictureHeight(image(160, 120), 600)).toBe(120);
  });

  test("knows how many pixels there are, and nothing else", () => {
    expect(fullSize(image(1600, 1200))).toEqual({ width: 1600, height: 1200 });
  });

  test("of a cut panorama is as wide as what is cut off", () => {
    expect(sizesOf(image(1600, 400), "square")).toContain("34vw * 4.00");
    expect(sizesOf(image(400, 1600), "square")).toContain("34vw * 1.00");
  });
});

describe("the sources of a picture", () => {
  test("are one srcset for every format but JPEG, which is for all others", () => {
    expect(sourcesOf(image(640, 480))).toEqual({
      sources: [
        { type: "image/webp", srcSet: "http://cdn/320.webp 320w, http://cdn/640.webp 640w" },
      ],
      src: "http://cdn/640.jpeg",
    });
  });

  test("begin with AVIF where there is some", () => {
    const { variants, ...rest } = image(640, 480);
    const avif = variants.map((each) => ({ ...each, format: "AVIF" as const }));
    const { sources } = sourcesOf({ ...rest, variants: [...variants, ...avif] });
    expect(sources.map(({ type }) => type)).toEqual(["image/avif", "image/webp"]);
  });

  test("are none for a picture that is JPEG only", () => {
    const { variants, ...rest } = image(640, 480);
    const jpeg = variants.filter(({ format }) => format === "JPEG");
    expect(sourcesOf({ ...rest, variants: jpeg }).sources).toEqual([]);
  });
});

describe("the height of a card", () => {
  test("is its head and its picture, where nothing is said", () => {
    expect(cardHeight({ image: image(1600, 1200), description: "" }, 600)).toBeCloseTo(64 + 450);
  });

  test("grows with the text, to three lines", () => {
    const of = (description: string) => cardHeight({ image: null, description }, 600) - 64 - 24;
    expect(of("Short.")).toBeCloseTo(24.8);
    expect(of("word ".repeat(25))).toBeCloseTo(2 * 24.8);
    expect(of("a\nb")).toBeCloseTo(2 * 24.8);
    expect(of("word ".repeat(400))).toBeCloseTo(3 * 24.8);
  });

  test("of a post that is not known yet is that of what is shown in its place", () => {
    expect(cardHeight(null, 600)).toBeCloseTo(64 + 450);
  });

  test("follows the font size of the page", () => {
    expect(cardHeight({ image: null, description: "" }, 600, 20)).toBe(80);
  });
});
