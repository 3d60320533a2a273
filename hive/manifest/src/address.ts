// Addresses of [listen]: `host:port`, `[ipv6]:port`. Only spellings that every resolver reads the same way are taken.

/** Where to listen; `host` is without brackets, port 0 asks for a free one. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Parses an address; undefined when it is none. An empty text (the door is off) is none. */
export function parseAddress(text: string): Address | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]{2,45})\]|([A-Za-z0-9.-]{1,253})):([0-9]{1,5})$/u.exec(text);
  if (match === null) return undefined;
  const [, ipv6, name, digits] = match;
  const port = Number(digits);
  const host = ipv6 ?? name ?? '';
  if (port > 65_535 || (ipv6 === undefined && !isName(host)) || (ipv6 !== undefined && !ipv6.includes(':'))) {
    return undefined;
  }
  return { host, port };
}

/** Whether a host can only be reached from this machine. Unusual spellings of loopback count as remote. */
export function isLoopback(host: string): boolean {
  if (host.toLowerCase() === 'localhost' || host === '::1') return true;
  return isIpv4(host) && host.startsWith('127.');
}

/** A dotted quad or a host name; all-digit names are quads, because resolvers disagree about `127.1`. */
function isName(host: string): boolean {
  if (/^[0-9.]+$/.test(host)) return isIpv4(host);
  return host.split('.').every((label) => /^(?!-)[A-Za-z0-9-]{1,63}(?<!-)$/.test(label));
}

function isIpv4(host: string): boolean {
  const parts = host.split('.');
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9][0-9]{0,2})$/.test(part) && Number(part) <= 255);
}
