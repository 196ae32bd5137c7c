import { HubError } from "./errors.ts";
import type { Hub } from "./hub.ts";

export interface DrainSettings {
  /** Milliseconds over which clients are moved off. */
  readonly drainMs: number;
  /** Clients are asked to come back after a random part of this many milliseconds. */
  readonly comeBackMs: number;
}

/** Milliseconds between two batches. */
const BATCH_MS = 250;

/** Milliseconds that a worker serves on after it became unready: proxies have to notice, and what they sent has to arrive. */
const NOTICE_MS = 500;

/**
 * Moves a worker's clients off: in batches, so that the other workers are not met by all of them at once, and each with
 * its own delay to come back after.
 */
export class Drain {
  readonly #hub: Hub;
  readonly #settings: DrainSettings;
  readonly #random: () => number;
  #isDraining = false;

  /** `random` gives numbers from 0 up to, but not including, 1. */
  constructor(hub: Hub, settings: DrainSettings, random: () => number = Math.random) {
    this.#hub = hub;
    this.#settings = settings;
    this.#random = random;
  }

  /** The readiness check: throws from the moment that draining begins. */
  check(): void {
    if (this.#isDraining) throw new HubError("unavailable", "Draining");
  }

  /** Resolves when no client is left, those included that came meanwhile. */
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

  /** Those who have been here longest go first. */
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
