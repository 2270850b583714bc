# The dashboard, with the local runtime in it: docker build -t starmap . (compose.yaml adds Postgres)
FROM node:24-slim AS build
WORKDIR /app
ENV NEXT_TELEMETRY_DISABLED=1 CHECKPOINT_DISABLE=1
COPY package.json package-lock.json .npmrc ./
# No install scripts: ONNX Runtime's would fetch CUDA; what else has one is not needed here.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN node lib/cli/main.ts build
# What the build alone needed. The lock file stays as it is: the start compares it with what was built.
RUN npm prune --omit=dev --ignore-scripts --no-save --no-audit --no-fund

FROM node:24-slim
WORKDIR /app
ENV NEXT_TELEMETRY_DISABLED=1 CHECKPOINT_DISABLE=1 NODE_ENV=production
# Inside the container all addresses; compose.yaml lets this machine alone reach it.
ENV STARMAP_HOME=/data STARMAP_HOST=0.0.0.0 STARMAP_PORT=4680
COPY --from=build --chown=node:node /app /app
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 4680
HEALTHCHECK --interval=15s --timeout=6s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:4680/api/ready').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "lib/cli/main.ts", "start"]
