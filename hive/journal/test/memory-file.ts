// Files and directories of the disk in memory: what is durable, what a process sees, and what a crash leaves of the difference.

/** How much of the unsynced survives a crash. */
export type Survival = { readonly kind: 'all' } | { readonly kind: 'none' } | Some;

interface Some {
  readonly kind: 'some';
  readonly random: () => number;
  /** Bytes of a sector: each sector of a write survives by itself. Without it a write keeps one of two parts, cut anywhere. */
  readonly sectorBytes?: number;
}

export type Change = { readonly at: number; readonly bytes: Uint8Array } | { readonly size: number };
interface NameChange {
  readonly name: string;
  readonly inode: Inode | undefined;
}

/** A file: its durable image and the changes since its last sync. Images and changes are never written into. */
export class Inode {
  durable: Buffer = Buffer.alloc(0);
  image: Buffer = Buffer.alloc(0);
  changes: Change[] = [];

  change(change: Change): void {
    this.changes.push(change);
    this.image = applied(this.image, change);
  }

  /** Only what is still to be written goes to the disk: after a `lost` sync the image says more than the disk has. */
  sync(): void {
    for (const change of this.changes) this.durable = applied(this.durable, change);
    this.changes = [];
  }

  set(bytes: Uint8Array): void {
    this.image = Buffer.from(bytes);
    this.durable = Buffer.from(bytes);
    this.changes = [];
  }

  /** The same file with the same changes to be synced. */
  copy(): Inode {
    const copy = new Inode();
    copy.durable = this.durable;
    copy.image = this.image;
    copy.changes = [...this.changes];
    return copy;
  }

  /** What a crash makes of it: a file without unsynced changes. */
  crashed(survival: Survival): Inode {
    const file = new Inode();
    file.set(
      survival.kind === 'none'
        ? this.durable
        : this.changes.reduce((image, change) => left(image, change, survival), this.durable),
    );
    return file;
  }
}

/** A directory: its durable names and the changes since its last sync. */
export class Folder {
  durable: Map<string, Inode> = new Map();
  names: Map<string, Inode> = new Map();
  changes: NameChange[] = [];

  set(name: string, inode: Inode | undefined): void {
    this.changes.push({ name, inode });
    setName(this.names, name, inode);
  }

  sync(): void {
    this.durable = new Map(this.names);
    this.changes = [];
  }

  /** The same directory with the same changes; `inodeOf` gives the copy of a file. */
  copy(inodeOf: (inode: Inode) => Inode): Folder {
    const copy = new Folder();
    for (const [name, inode] of this.durable) copy.durable.set(name, inodeOf(inode));
    for (const [name, inode] of this.names) copy.names.set(name, inodeOf(inode));
    copy.changes = this.changes.map(({ name, inode }) => ({
      name,
      inode: inode === undefined ? inode : inodeOf(inode),
    }));
    return copy;
  }

  /** Names after a crash: those of the last sync and the first so many changes since. */
  crashed(survival: Survival): Map<string, Inode> {
    const names = new Map(this.durable);
    let count = survival.kind === 'none' ? 0 : this.changes.length;
    if (survival.kind === 'some') count = Math.floor(survival.random() * (count + 1));
    for (const { name, inode } of this.changes.slice(0, count)) setName(names, name, inode);
    return names;
  }
}

function left(image: Buffer, change: Change, survival: Exclude<Survival, { kind: 'none' }>): Buffer {
  if (survival.kind === 'all') return applied(image, change);
  const { random, sectorBytes } = survival;
  return sectorBytes === undefined || 'size' in change
    ? partlyApplied(image, change, random)
    : sectorsApplied(image, change, { random, sectorBytes });
}

/** A change that happened, did not, or (a write) only in one of its halves, cut at any byte. */
function partlyApplied(image: Buffer, change: Change, random: () => number): Buffer {
  const chance = random();
  if (chance < 0.25) return image;
  if (chance < 0.5 || 'size' in change) return applied(image, change);
  const cut = Math.floor(random() * change.bytes.length);
  if (chance < 0.8) return applied(image, { at: change.at, bytes: change.bytes.subarray(0, cut) });
  return applied(image, { at: change.at + cut, bytes: change.bytes.subarray(cut) });
}

/** A write of which each sector happened or not, in no order. */
function sectorsApplied(
  image: Buffer,
  { at, bytes }: { readonly at: number; readonly bytes: Uint8Array },
  { random, sectorBytes }: { readonly random: () => number; readonly sectorBytes: number },
): Buffer {
  let result = image;
  for (let from = at; from < at + bytes.length; ) {
    const to = Math.min((Math.floor(from / sectorBytes) + 1) * sectorBytes, at + bytes.length);
    if (random() < 0.5) result = applied(result, { at: from, bytes: bytes.subarray(from - at, to - at) });
    from = to;
  }
  return result;
}

function applied(image: Buffer, change: Change): Buffer {
  const size = 'size' in change ? change.size : Math.max(image.length, change.at + change.bytes.length);
  const next = Buffer.alloc(size);
  image.copy(next);
  if ('bytes' in change) next.set(change.bytes, change.at);
  return next;
}

function setName(names: Map<string, Inode>, name: string, inode: Inode | undefined): void {
  if (inode === undefined) names.delete(name);
  else names.set(name, inode);
}
