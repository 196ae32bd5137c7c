/**
 * Data as it was read, with the offsets to subscribe from: changes that the data does not show come after these
 * offsets.
 */
export interface Snapped<T> {
  readonly value: T;
  /** The offset in each room, by room. */
  readonly offsets: ReadonlyMap<string, number>;
}

/** The data to read, and the rooms of a namespace that its changes are published to. */
export interface SnapshotRequest<D, T> {
  readonly namespace: string;
  /** Reads documents of the store; may be called several times. */
  readonly read: () => Promise<T>;
  /** Returns the documents in the data. */
  readonly documents: (value: T) => readonly D[];
  /** Returns the rooms that changes of the data are published to. */
  readonly rooms: (value: T) => readonly string[];
}

/**
 * Reads data with its offsets. A client that then subscribes with `since` misses no change that the data does not show.
 * It gets no change that the data shows, unless the rooms are written to without a pause during the read.
 */
export type Snapshot = <D extends { readonly id: string | number }, T>(
  request: SnapshotRequest<D, T>,
) => Promise<Snapped<T>>;
