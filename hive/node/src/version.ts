/** Version of this program, in `/proc/boot`, in boot records and in snapshots. */
export const VERSION = '0.1.0';
