import { HubError } from "./errors.ts";
import type { Hub } from "./hub.ts";

export interface DrainSettings {
  /** The time over which clients are moved off; milliseconds. */
  readonly drainMs: number;
  /** The longest delay after which a client is to reconnect; milliseconds. Each client gets a random part of it. */
  readonly comeBackMs: number;
}

/** The interval between two batches; milliseconds. */
const BATCH_MS = 250;

/**
 * How long a worker serves on after it became unready, so that proxies notice and their last clients arrive;
 * milliseconds.
 */
const NOTICE_MS = 500;

/**
 * Moves a worker's clients off in batches, so that they do not all reconnect to the other workers at once. Each client
 * gets its own delay before it reconnects.
 */
export class Drain {
  readonly #hub: Hub;
  readonly #settings: DrainSettings;
  readonly #random: () => number;
  #isDraining = false;

  /** Makes the drain of a hub. `random` returns numbers from 0 up to, but not including, 1. */
  constructor(hub: Hub, settings: DrainSettings, random: () => number = Math.random) {
    this.#hub = hub;
    this.#settings = settings;
    this.#random = random;
  }

  /** Checks readiness. Throws `HubError("unavailable")` from the moment that draining begins. */
  check(): void {
    if (this.#isDraining) throw new HubError("unavailable", "Draining");
  }

  /**
   * Drains the worker. Resolves when no client is left, including those that came meanwhile, or when the time is over.
   */
  async run(): Promise<void> {
    this.#isDraining = true;
    const { clock } = this.#hub;
    const startedAt = clock.now();
    const end = startedAt + this.#settings.drainMs;
    const noticed = startedAt + NOTICE_MS;
    for (;;) {
      const rest = end - clock.now();
      this.#endSome(Math.ceil(this.#hub.connections.size / Math.max(Math.ceil(rest / BATCH_MS), 1)));
      const now = clock.now();
      if (this.#hub.connections.size === 0 && now >= noticed) return;
      if (now >= end + NOTICE_MS) return;
      await new Promise<void>((resolve) => clock.after(BATCH_MS, resolve));
    }
  }

  /** Closes up to `count` connections, the oldest first. */
  #endSome(count: number): void {
    let left = count;
    for (const connection of this.#hub.connections) {
      if (left === 0) return;
      if (!connection.isOpen) continue;
      connection.end("draining", Math.round(this.#random() * this.#settings.comeBackMs));
      left--;
    }
  }
}
