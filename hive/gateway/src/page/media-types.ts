// Media types of what a built page consists of, by the end of a file's name (IANA media types; RFC 9239 for scripts).

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  ico: 'image/vnd.microsoft.icon',
  jpg: 'image/jpeg',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
  mjs: 'text/javascript; charset=utf-8',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
  wasm: 'application/wasm',
  webmanifest: 'application/manifest+json',
  webp: 'image/webp',
  woff: 'font/woff',
  woff2: 'font/woff2',
};

/** The type of a file; bytes when its name says nothing. */
export function mediaTypeOf(path: string): string {
  const end = path.slice(path.lastIndexOf('.') + 1).toLowerCase();
  return TYPES[end] ?? 'application/octet-stream';
}
