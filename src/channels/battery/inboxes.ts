import { HubError } from "../../hub/errors.ts";
import type { Outgoing } from "../../hub/publish.ts";
import { inTurns } from "../../hub/turns.ts";
import type { Notification, Notifications } from "./collections.ts";
import type { News } from "./messages.ts";

/** How many of a user's notifications are kept, the newest. */
export const KEPT = 1_000;

/** How often a number is tried for that another worker takes at the same moment. */
const MAX_TRIES = 100;

export type Inboxes = ReturnType<typeof createInboxes>;

/** The notifications of users: kept in order, numbered from 1, the last 1,000 of each. */
export function createInboxes(notifications: Notifications) {
  /** By user, so that the filings of one worker do not race for a number. */
  const inTurn = inTurns();

  async function newest(userId: string): Promise<Notification | undefined> {
    return (await notifications.find("bySeq", { equals: [userId], descending: true, limit: 1 }))[0];
  }

  /** Makes room before one is filed: what fails then has not been filed either. */
  async function makeRoom(userId: string, seq: number): Promise<void> {
    if (seq <= KEPT) return;
    const range = { to: seq - KEPT };
    const old = await notifications.find("bySeq", { equals: [userId], range, limit: KEPT });
    for (const { id } of old) await notifications.remove(id);
  }

  /** Takes the number after the last; the store refuses one that is taken, and then it is the next one's turn. */
  async function append(facts: Omit<Notification, "seq">, messages: readonly Outgoing[]): Promise<Notification> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const known = await notifications.get(facts.id);
      if (known) return known;
      const notification = { ...facts, seq: ((await newest(facts.user_id))?.seq ?? 0) + 1 };
      await makeRoom(notification.user_id, notification.seq);
      try {
        await notifications.insert(notification, messages);
        return notification;
      } catch (error) {
        if (!(error instanceof HubError && error.code === "conflict")) throw error;
      }
    }
    throw new HubError("unavailable");
  }

  return {
    /**
     * Files a notification under `id` and sends `messages` with it, in one write. When there is one with this id nothing
     * happens, and it is given instead.
     */
    file(userId: string, id: string, news: News, messages: readonly Outgoing[] = []): Promise<Notification> {
      return inTurn(userId, () => append({ id, user_id: userId, news }, messages));
    },

    /** A user's notifications with a number above `afterSeq`, all that are kept, in order. */
    async list(userId: string, afterSeq: number): Promise<Notification[]> {
      return notifications.find("bySeq", { equals: [userId], range: { after: afterSeq }, limit: KEPT });
    },

    /** The timestamp since which all of a user's notifications are kept; empty where none has made room for newer ones. */
    async keptSince(userId: string): Promise<string> {
      const [oldest] = await notifications.find("bySeq", { equals: [userId], limit: 1 });
      return oldest && oldest.seq > 1 ? oldest.news.timestamp : "";
    },
  };
}
