/** Data as it was read, and where to subscribe from: what the data does not show yet comes after these places. */
export interface Snapped<T> {
  readonly value: T;
  /** By room. */
  readonly seqs: ReadonlyMap<string, number>;
}

/** What is read and which rooms of a namespace tell of its changes. */
export interface SnapshotRequest<D, T> {
  readonly namespace: string;
  /** Reads documents of the store; may be called several times. */
  readonly read: () => Promise<T>;
  /** The documents in what was read. */
  readonly documents: (value: T) => readonly D[];
  readonly rooms: (value: T) => readonly string[];
}

/**
 * Reads data so that a client which then subscribes with `since` misses nothing that it does not show. What it shows does
 * not come again, either, unless the rooms are written to without a pause while it is read.
 */
export type Snapshot = <D extends { readonly id: string | number }, T>(
  request: SnapshotRequest<D, T>,
) => Promise<Snapped<T>>;
