// The texts of /proc/boot and /proc/bounds.

import type { Manifest } from './schema.ts';

/** `/proc/bounds`: every number of the manifest as `<section>.<field>=<value>`, in byte order, each line with its LF. */
export function boundsText(manifest: Manifest): string {
  return `${boundLines(manifest, '').sort().join('\n')}\n`;
}

function boundLines(table: object, prefix: string): string[] {
  return Object.entries(table).flatMap(([key, value]: [string, unknown]) => {
    if (typeof value === 'number') return [`${prefix}${key}=${value}`];
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
    return boundLines(value, `${prefix}${key}.`);
  });
}

/** `/proc/boot`: what runs here, by name, fingerprint (`fingerprintOf`), version of the program and of the manifest. */
export function bootText(manifest: Manifest, fingerprint: string, version: string): string {
  return [
    `Cohesix boot: ${manifest.hive.name} online`,
    `manifest fingerprint=${fingerprint}`,
    `version=${version}`,
    `schema=${manifest.schema}`,
    '',
  ].join('\n');
}
