import { defineApp, latest, z } from "junction-hub";

const poll = z.object({ id: z.number(), yes: z.number(), no: z.number() });

export const polls = defineApp("polls", async ({ collection, channel }) => {
  const polls = await collection("polls", poll);
  await polls.ensure({ id: 1, yes: 0, no: 0 });

  const { message } = channel("/polls", {
    credential: "jwt",
    inbound: { vote: z.object({ choice: z.enum(["yes", "no"]) }) },
    outbound: { tally: latest(poll, "id") },
    async open(client) {
      await client.join("poll:1");
      client.sendCurrent("tally", await polls.get(1));
    },
    on: {
      async vote(_client, { choice }, command) {
        const count = (before: z.output<typeof poll>) => {
          const next = { ...before, [choice]: before[choice] + 1 };
          return { next, messages: [message("poll:1", "tally", next)] };
        };
        await polls.modify(1, count, command);
      },
    },
  });
});
