// What record `seq` of the crash test says: another length each time, and nothing that two records share.

/** The body of a record, 20 to 320 bytes. */
export function bodyOf(seq: number): Uint8Array {
  return Buffer.from(JSON.stringify({ seq, text: 'abcdefghij'.repeat((seq * 7) % 30) }));
}
