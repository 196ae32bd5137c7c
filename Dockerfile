# Two images: the worker, and the nginx in front of the workers. Build and start: docker compose up --build

FROM node:22-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM node:22-bookworm-slim AS worker
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json cluster.config.ts ./
COPY src ./src
COPY nginx ./nginx
COPY --chmod=755 ops/worker.sh ./ops/worker.sh
USER node
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=3 \
    CMD ["node", "-e", "fetch('http://127.0.0.1:3000/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["./ops/worker.sh"]

FROM worker AS rendered
RUN node --import tsx src/bin/render-nginx.ts > /tmp/junction.conf

FROM nginxinc/nginx-unprivileged:1.28-bookworm AS nginx
COPY --from=rendered /tmp/junction.conf /etc/junction/nginx.conf
HEALTHCHECK --interval=5s --timeout=3s --retries=3 CMD ["curl", "-fs", "http://127.0.0.1:3000/healthz"]
ENTRYPOINT []
CMD ["sh", "-c", "mkdir -p /tmp/junction/temp && nginx -t -c /etc/junction/nginx.conf && exec nginx -c /etc/junction/nginx.conf"]
