// Longest lines. What a line and its outcome take in the journal must fit into a record of 65,535
// bytes, the longest entry of a transparency log (C2SP tlog-tiles).

/** Longest line of a control file in UTF-8 bytes, unless the file says otherwise. */
export const LINE_BYTES_MAX = 4096;

/** Longest line that an approval can be about, and so of any file that may be under a rule. */
export const APPROVED_LINE_BYTES_MAX = 8192;
