// The tokens of tokens.css for what is not drawn by CSS: the canvas. Read from the page, so that a colour is written once.

/** The colour of a token, as 0xRRGGBB. @throws RangeError when tokens.css has no such colour. */
export function colorToken(name: `--${string}`): number {
  const value = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const color = parseColor(value);
  if (color === undefined) throw new RangeError(`expected a colour #rrggbb in the token ${name}, got '${value}'`);
  return color;
}

/** Reads `#rrggbb` or `#rgb`. */
export function parseColor(text: string): number | undefined {
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(text);
  const long = short === null ? text : `#${short[1]}${short[1]}${short[2]}${short[2]}${short[3]}${short[3]}`;
  return /^#[0-9a-f]{6}$/i.test(long) ? Number.parseInt(long.slice(1), 16) : undefined;
}
