// The Linux kernel's own 9P client, v9fs, in User-Mode Linux: a kernel that runs as a process, without KVM or root.
//
// A guest boots from an archive in memory: busybox, five kernel modules, an init script and the steps of the test. It
// mounts a server of this machine (10.0.2.2 is our loopback, through slirp), runs each step as a shell script whose
// working folder is the mount, prints the outcome between marks on its console, and powers off. One RPC takes 0.5 to
// 1 ms through slirp: this client shows what is correct, not what is fast.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { type CpioEntry, cpioArchive } from './cpio.ts';

/** A 9P server on 127.0.0.1, and as whom to mount it. Neither name may be empty or hold white space, commas or quotes. */
export interface GuestServer {
  readonly port: number;
  readonly uname: string;
  readonly aname: string;
}

/** One script of `sh`, run in the mounted folder; its output is at most a few hundred KiB. */
export interface GuestStep {
  /** Unique in the run; letters, digits and hyphens. */
  readonly name: string;
  readonly script: string;
}

/** What a step did. */
export interface StepOutcome {
  /** Exit status; `KILLED` when the guest killed it after `stepSeconds`; `STUCK` when even that did not end it. */
  readonly status: number;
  /** stdout and stderr together, LF line ends. */
  readonly output: string;
}

/** A finished guest. */
export interface GuestRun {
  /** Outcomes by name. `mount` and `umount` are steps the guest adds; no step ran when `mount` failed. */
  readonly steps: ReadonlyMap<string, StepOutcome>;
  /** Everything the console showed. */
  readonly console: string;
}

export interface GuestOptions {
  readonly server: GuestServer;
  readonly steps: readonly GuestStep[];
  /** More mount options, comma-separated; they replace nothing and come last. */
  readonly mountOptions?: string;
  /** Seconds a step may take before the guest kills it; default 20. */
  readonly stepSeconds?: number;
  /** Milliseconds the whole guest may take; default 60,000. */
  readonly deadlineMs?: number;
}

/** Status of a step that took too long and was killed. */
export const KILLED = 137;
/** Status of a step that could not even be killed, because the server answers nothing; the guest ends with it. */
export const STUCK = 124;

const LINUX = '/usr/bin/linux.uml';
const SLIRP = '/usr/bin/slirp-fullbolt';
const BUSYBOX = '/usr/bin/busybox';
const MODULES = '/usr/lib/uml/modules';
const KERNEL_ARGUMENTS = 'mem=256M umid=guest con=null con0=null,fd:1 ssl=null quiet panic=-1'
  .split(' ')
  .concat(`eth0=slirp,,${SLIRP}`);
/** In the order they load: each needs only those before it. */
const MODULE_NAMES = ['netfs', 'fscache', '9pnet', '9p', '9pnet_fd'] as const;
const STEP_SECONDS = 20;
const DEADLINE_MS = 60_000;
/** How long a killed step may take to go; one that waits in the kernel for an answer to Tflush never does. */
const STUCK_SECONDS = 3;
const POLLS_PER_SECOND = 50;
const STEP_NAME = /^[a-z0-9-]+$/;
const MOUNT_NAME = /^[^\s,'"]+$/;

/** Why no guest can run on this machine, or undefined. */
export function umlMissing(): string | undefined {
  const packages = {
    [LINUX]: 'user-mode-linux',
    [SLIRP]: 'slirp',
    [BUSYBOX]: 'busybox-static',
    [MODULES]: 'user-mode-linux',
  };
  const lacking = Object.entries(packages).find(([path]) => !exists(path));
  return lacking && `${lacking[0]} is not installed (Debian package ${lacking[1]})`;
}

/**
 * Boots a guest, mounts, runs the steps in order, unmounts, powers off.
 * @throws Error with the console's text when the guest does not power off in time. Its processes are gone either way.
 */
export async function runGuest(options: GuestOptions): Promise<GuestRun> {
  for (const { name } of options.steps) if (!STEP_NAME.test(name)) throw new TypeError(`bad step name ${name}`);
  for (const name of [options.server.uname, options.server.aname]) {
    if (!MOUNT_NAME.test(name)) throw new TypeError('uname and aname go into mount options: no space, comma or quote');
  }
  const folder = mkdtempSync(join(tmpdir(), 'cohesix-uml-'));
  try {
    const image = join(folder, 'guest.img');
    writeFileSync(image, gzipSync(cpioArchive(guestFiles(options)), { level: 1 }));
    const { output, errors } = await boot(folder, image, options.deadlineMs ?? DEADLINE_MS);
    return { steps: outcomesIn(output), console: output + errors };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Output is the guest's console; errors are slirp's, whose greeting comes at any time and would land in some step. */
async function boot(folder: string, image: string, deadlineMs: number): Promise<{ output: string; errors: string }> {
  const child = spawn(LINUX, [...KERNEL_ARGUMENTS, `initrd=${image}`, `uml_dir=${folder}/`], {
    cwd: folder,
    detached: true, // a process group of its own: User-Mode Linux is several processes, and slirp one more
    env: { PATH: process.env.PATH, HOME: folder }, // no TMPDIR: the guest's memory is a file in /dev/shm
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const textOf = (stream: Readable): (() => string) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    return () => Buffer.concat(chunks).toString().replaceAll('\r', '');
  };
  const [output, errors] = [textOf(child.stdout), textOf(child.stderr)];
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    killGroup(child.pid);
  }, deadlineMs);
  const atExit = () => killGroup(child.pid);
  process.once('exit', atExit);
  await once(child, 'close');
  clearTimeout(timer);
  process.removeListener('exit', atExit);
  atExit();
  const text = { output: output(), errors: errors() };
  if (isLate)
    throw new Error(`the guest did not power off within ${deadlineMs} ms; its console:\n${text.output}${text.errors}`);
  return text;
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // nothing of it is left
  }
}

function guestFiles(options: GuestOptions): readonly CpioEntry[] {
  const folders = ['bin', 'dev', 'mnt', 'mods', 'proc', 'steps', 'sys', 'tmp'];
  const modules = MODULE_NAMES.map((name) => file(`mods/${name}.ko`, readFileSync(modulePath(name))));
  const steps = options.steps.map(({ name, script }, index) =>
    file(`steps/${String(index).padStart(3, '0')}-${name}`, Buffer.from(`cd /mnt || exit 125\n${script}\n`)),
  );
  return [
    ...folders.map((path) => ({ kind: 'folder', path }) as const),
    { kind: 'file', path: 'bin/busybox', data: readFileSync(BUSYBOX), isExecutable: true },
    { kind: 'link', path: 'bin/sh', target: 'busybox' },
    { kind: 'file', path: 'init', data: Buffer.from(initScript(options)), isExecutable: true },
    ...modules,
    ...steps,
  ];
}

function file(path: string, data: Uint8Array): CpioEntry {
  return { kind: 'file', path, data };
}

/** Marks are lines of their own: `@@begin NAME`, output, `@@end NAME STATUS`; the newline before `@@end` is ours. */
function initScript(options: GuestOptions): string {
  const { port, uname, aname } = options.server;
  const more = options.mountOptions ? `,${options.mountOptions}` : '';
  const mount = `trans=tcp,port=${port},version=9p2000.L,msize=8192,aname=${aname},uname=${uname},access=any,cache=none${more}`;
  const seconds = options.stepSeconds ?? STEP_SECONDS;
  return `#!/bin/sh
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc p /proc; mount -t sysfs s /sys; mount -t devtmpfs d /dev 2>/dev/null
for m in ${MODULE_NAMES.join(' ')}; do insmod /mods/$m.ko; done
ifconfig lo 127.0.0.1 up; ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up
step() {
  name=$1; shift
  echo "@@begin $name"
  rm -f /tmp/status
  { timeout -s KILL ${seconds} "$@" 2>&1 < /dev/null; echo $? > /tmp/status; } &
  i=0
  while [ ! -s /tmp/status ]; do
    [ $i -lt ${(seconds + STUCK_SECONDS) * POLLS_PER_SECOND} ] || { echo; echo "@@end $name ${STUCK}"; poweroff -f; }
    i=$((i+1)); usleep ${1_000_000 / POLLS_PER_SECOND}
  done
  read status < /tmp/status
  echo; echo "@@end $name $status"
  return $status
}
if step mount mount -t 9p -o '${mount}' 10.0.2.2 /mnt; then
  for f in /steps/*; do [ -f "$f" ] && step "$(echo \${f##*/} | cut -c5-)" sh "$f"; done
  step umount umount /mnt
fi
poweroff -f
`;
}

function outcomesIn(text: string): ReadonlyMap<string, StepOutcome> {
  const marks = /^@@begin (\S+)\n([\s\S]*?)\n?^@@end \1 (\d+)$/gm;
  return new Map(
    [...text.matchAll(marks)].map(([, name = '', output = '', status]) => [name, { status: Number(status), output }]),
  );
}

function modulePath(name: string): string {
  const found = readdirSync(MODULES, { recursive: true, encoding: 'utf8' }).find((path) =>
    path.endsWith(`/${name}.ko`),
  );
  if (found === undefined) throw new Error(`${MODULES} has no ${name}.ko`);
  return join(MODULES, found);
}

function exists(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}
