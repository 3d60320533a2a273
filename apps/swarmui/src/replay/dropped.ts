// What was dropped on the page: a file, or a folder with all that is in it (File and Directory Entries API). Bounded.

/** Files of what was dropped or chosen, and its name. */
export interface Dropped {
  readonly name: string;
  readonly files: readonly { readonly path: string; readonly file: File }[];
}

/** More files than any recording has are not looked at. */
const FILES_MAX = 10_000;

/** The files, those of folders with their paths. */
export async function droppedOf({ items }: DataTransfer): Promise<Dropped> {
  const entries = [...items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const files: { path: string; file: File }[] = [];
  for (const entry of entries) await gather(entry, files);
  return { name: entries[0]?.name ?? '', files };
}

async function gather(entry: FileSystemEntry, files: { path: string; file: File }[]): Promise<void> {
  if (files.length >= FILES_MAX) return;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    files.push({ path: entry.fullPath.replace(/^\//, ''), file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const inner of some) await gather(inner, files);
  }
}
