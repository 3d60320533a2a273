// What the doors count of their connections, for `/proc/9p` and `/proc/ingest`. Every number begins at 0 with the hive and only
// grows; each is raised where the thing happens.

export class Traffic {
  /** How often a connection was no longer read because its peer had not taken what was answered. */
  pauses = 0;
  /** Answers of which the socket of a 9P peer took only a part at first. */
  shortWrites = 0;
  /** Those of them whose rest it took later. */
  shortWriteRetries = 0;
  /** CBOR twins that were rendered, for an open or to know their size. */
  twinReads = 0;
  /** Refusals of requests for a path that ends in `.cbor`: one that is off, or not allowed. */
  twinDenies = 0;

  /** A twin was rendered. */
  countTwin(): void {
    this.twinReads += 1;
  }
}
