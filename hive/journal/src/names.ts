// Names of the files in a journal directory.
//
// <16 digits>.seg     a segment, named by the number of its first record
// torn-<at>.bin       a torn tail that recovery cut off, named by the time given to openJournal
// torn.tmp            such a file being made; a crash may leave one, the next start removes it
// checkpoint, key     the last signed checkpoint and the verifier key of the transparency log; `.tmp` while being made
// cosigned            the newest checkpoint that most witnesses have cosigned
// tile/               full tiles of its tree
// reserve             disk space set aside; archive: where archived segments are

const SEGMENT = /^\d{16}\.seg$/;

/** Where a torn tail is gathered before it gets its name. */
export const TORN_TEMPORARY = 'torn.tmp';

/** The file name of the segment whose first record is `first`. */
export function segmentName(first: number): string {
  return `${String(first).padStart(16, '0')}.seg`;
}

/** The first record numbers of all segments among `names`, ascending. Other names are not ours to judge. */
export function segmentsAmong(names: readonly string[]): readonly number[] {
  return names
    .filter((name) => SEGMENT.test(name))
    .map((name) => Number(name.slice(0, 16)))
    .sort((left, right) => left - right);
}

/** A name for a torn tail that is not among `names`. */
export function tornName(at: number, names: readonly string[]): string {
  const taken = new Set(names);
  let name = `torn-${at}.bin`;
  for (let count = 1; taken.has(name); count++) name = `torn-${at}-${count}.bin`;
  return name;
}
