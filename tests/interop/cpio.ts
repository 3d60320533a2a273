// Archives in cpio's "newc" form, which the Linux kernel unpacks as its first root: initramfs buffer format, in the
// kernel's Documentation/driver-api/early-userspace/buffer-format.rst. Written here so that a guest image needs no
// program but Node, and a script can be added to it by appending a second archive.

/** One entry of an archive. Paths are relative, without a leading slash; a folder comes before what is in it. */
export type CpioEntry =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'file'; readonly path: string; readonly data: Uint8Array; readonly isExecutable?: boolean }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

const MODE = { folder: 0o040755, link: 0o120777, file: 0o100644, program: 0o100755 } as const;
const ALIGNMENT = 4;

/** The bytes of an archive of these entries, all owned by root, dated 1970. */
export function cpioArchive(entries: readonly CpioEntry[]): Buffer {
  const parts = entries.flatMap((entry, index) => member(entry.path, modeOf(entry), dataOf(entry), index + 1));
  return Buffer.concat([...parts, ...member('TRAILER!!!', 0, new Uint8Array(0), 0)]);
}

function member(path: string, mode: number, data: Uint8Array, inode: number): readonly Uint8Array[] {
  const name = Buffer.from(`${path}\0`);
  // c_ino c_mode c_uid c_gid c_nlink c_mtime c_filesize c_maj c_min c_rmaj c_rmin c_namesize c_chksum, 8 hex digits each
  const fields = [inode, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length, 0];
  const head = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`);
  return [head, name, padding(head.length + name.length), data, padding(data.length)];
}

function padding(size: number): Uint8Array {
  return new Uint8Array((ALIGNMENT - (size % ALIGNMENT)) % ALIGNMENT);
}

function modeOf(entry: CpioEntry): number {
  return entry.kind === 'file' && entry.isExecutable ? MODE.program : MODE[entry.kind];
}

function dataOf(entry: CpioEntry): Uint8Array {
  if (entry.kind === 'file') return entry.data;
  return entry.kind === 'link' ? Buffer.from(entry.target) : new Uint8Array(0);
}
