import { createRequire } from 'node:module'
import { join } from 'node:path'
import { isPlainSetup } from './setups.ts'
import type { Peer } from './types.ts'

const { version } = createRequire(import.meta.url)('http-proxy/package.json') as { version: string }

/** The Node.js that runs the bench runs this contender too. */
export const nodeHttpProxy: Peer = {
  name: 'node-http-proxy',
  title: 'Node https + http-proxy',
  needs: [],
  supports: isPlainSetup,
  version: () => `Node ${process.versions.node}, http-proxy ${version}`,
  prepare({ port, upstreamPort, pki }) {
    const program = join(import.meta.dirname, 'node-http-proxy-server.ts')
    const args = [program, String(port), String(upstreamPort), pki.serverCertificate, pki.serverKey, pki.ca]
    return { command: process.execPath, args: ['--no-deprecation', ...args] }
  },
}
