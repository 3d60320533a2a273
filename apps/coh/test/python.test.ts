// coh doctor about Python: fake pythons on a PATH of their own, and the one of the machine.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { pythonFinding } from '../src/doctor/python.ts';

const SDK = fileURLToPath(new URL('../../../sdk/python', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'cohesix-doctor-python-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the doctor says of a `python3` that does this. */
async function told(script: string): Promise<string> {
  const file = join(folder, 'python3');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  const { level, detail } = await pythonFinding({ PATH: folder });
  return `${level} ${detail}`;
}

describe('doctor about Python', () => {
  it('tells version and SDK', async () => {
    expect(await told('echo 3.11.0 sdk')).toBe('ok Python 3.11.0; the SDK is there');
    expect(await told('echo 4.0.1 none')).toBe('ok Python 4.0.1; the SDK is not installed');
  });

  it('warns of one that is too old, at its bound', async () => {
    expect(await told('echo 3.10.99 sdk')).toBe('warn Python 3.10.99');
  });

  it('does not miss what nothing needs', async () => {
    const { level, detail } = await pythonFinding({ PATH: join(folder, 'nothing') });
    expect([level, detail]).toEqual(['ok', 'there is no python3; only the Python SDK needs one']);
  });

  it('is not troubled by one that fails or says something else', async () => {
    expect(await told('exit 3')).toBe('warn python3 does not answer (status 3)');
    expect(await told('echo hello')).toBe('warn python3 is no Python');
    expect(await told('exec yes')).toMatch(/^warn python3 does not answer/);
  });

  it('finds the SDK of this checkout, when there is a Python', async (context) => {
    const { detail } = await pythonFinding({ PATH: '/usr/bin', PYTHONPATH: SDK });
    if (detail.startsWith('there is no')) context.skip('python3 is not installed');
    expect(detail).toMatch(/^Python 3\.\d+\.\d+; the SDK is there$/);
  });
});
