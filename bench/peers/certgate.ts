import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { versionOutput } from '../lab/tools.ts'
import type { Peer, Setup, Site } from './types.ts'

const program = join(import.meta.dirname, '../../bin/certgate')

/** The real program, as an operator would start it: control, workers, metrics. */
export const certgate: Peer = {
  name: 'certgate',
  title: 'certgate',
  needs: [],
  supports: () => true,
  version: () => /\d+\.\d+\.\S+/.exec(versionOutput(program, ['version']))?.[0] ?? 'unknown',
  prepare(site, setup) {
    const file = join(site.folder, 'certgate.yml')
    writeFileSync(file, configuration(site, setup))
    writeFileSync(join(site.folder, 'roles_mapping.yml'), rolesMapping(setup.users))
    return { command: program, args: ['serve', '--config', file] }
  },
}

function configuration(site: Site, setup: Setup): string {
  const { port, telemetryPort, upstreamPort, pki } = site
  return `listeners:
  main:
    address: 127.0.0.1:${port}
    tls:
      certificate: { cert: ${JSON.stringify(pki.serverCertificate)}, key: ${JSON.stringify(pki.serverKey)} }
      clientauth_mode: REQUIRE
      client_ca: [${JSON.stringify(pki.ca)}]
      min_version: TLSv1.3
roles_mapping: roles_mapping.yml
upstreams:
  app: { targets: ["http://127.0.0.1:${upstreamPort}"] }
routes:
${routes(setup.routes)}
identity_headers: ${setup.headers === 'plain' ? '{ styles: [plain] }' : '{ styles: [], custom: { X-Client-CN: "{name}", X-Roles: "{roles}" } }'}
telemetry:
  address: 127.0.0.1:${telemetryPort}
  access_log: ${setup.accessLog ? JSON.stringify(site.accessLog) : 'off'}
  log: { format: json }
workers: ${setup.workers}
limits: { connections: 0, connections_per_address: 0, keepalive: 3600s }
`
}

function routes(count: number): string {
  const own = Array.from({ length: count - 1 }, (_, n) => `/route/${String(n).padStart(4, '0')}/**`)
  return [...own, '/**'].map((path) => `  - { path: ${JSON.stringify(path)}, allow: [admin, reader], upstream: app }`).join('\n')
}

/** `client1` in the middle of so many users. */
function rolesMapping(users: number): string {
  const names = Array.from({ length: users }, (_, n) => (n === users >> 1 ? 'client1' : `user${n}`))
  return `admin:\n  users: [client1]\nreader:\n  users:\n${names.map((name) => `    - ${name}\n`).join('')}`
}
