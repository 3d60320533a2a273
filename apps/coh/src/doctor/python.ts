// Python and its SDK: nothing of a hive needs them, so that they are not there is told, not warned of.

import { execFile } from 'node:child_process';
import { type Finding, good, warn } from './finding.ts';

/** The oldest Python that `sdk/python` runs on (contracts-2, 12). */
const PYTHON_LEAST = [3, 11] as const;

/** For Python to start and import the SDK, milliseconds. */
const DEADLINE_MS = 5000;
const OUTPUT_BYTES_MAX = 4096;

/**
 * Prints its version, and whether the SDK can be found; nothing of it is run. A cohesix.py in the working folder is not the SDK.
 */
const QUESTION = `import sys; sys.path[:] = filter(None, sys.path)
import importlib.util as u
print("%d.%d.%d" % sys.version_info[:3], "sdk" if u.find_spec("cohesix") else "none")`;

/** Whether `python3` is there, new enough, and finds the package `cohesix`. Takes 5 s at most. */
export async function pythonFinding(env: Readonly<Record<string, string | undefined>>): Promise<Finding> {
  const answer = await ask(env);
  if (typeof answer !== 'string') {
    if (answer.isMissing) return good('python', 'there is no python3; only the Python SDK needs one');
    return warn('python', `python3 does not answer (${answer.reason})`, 'only the Python SDK needs it');
  }
  const [, version = '', sdk = ''] = /^(\d+\.\d+\.\d+) (sdk|none)\s*$/.exec(answer) ?? [];
  if (version === '') return warn('python', 'python3 is no Python', 'only the Python SDK needs it');
  if (!isEnough(version))
    return warn('python', `Python ${version}`, `the Python SDK needs ${PYTHON_LEAST.join('.')} or newer`);
  return good('python', `Python ${version}; the SDK is ${sdk === 'sdk' ? 'there' : 'not installed'}`);
}

function isEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > PYTHON_LEAST[0] || (major === PYTHON_LEAST[0] && minor >= PYTHON_LEAST[1]);
}

interface NoAnswer {
  readonly isMissing: boolean;
  readonly reason: string;
}

/** What it prints, or why it prints nothing. */
function ask(env: Readonly<Record<string, string | undefined>>): Promise<string | NoAnswer> {
  const bounds = { timeout: DEADLINE_MS, killSignal: 'SIGKILL', maxBuffer: OUTPUT_BYTES_MAX } as const;
  return new Promise((resolve) => {
    execFile('python3', ['-B', '-c', QUESTION], { ...bounds, env: { ...env } }, (error, stdout) => {
      if (error === null) resolve(stdout);
      else if (error.code === 'ENOENT') resolve({ isMissing: true, reason: 'ENOENT' });
      else resolve({ isMissing: false, reason: error.killed === true ? 'no answer in time' : `status ${error.code}` });
    });
  });
}
