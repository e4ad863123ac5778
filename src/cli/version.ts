import { readFileSync } from 'node:fs'
import { type Command, parseArguments } from './command.ts'

export const versionCommand: Command = {
  name: 'version',
  summary: 'print the versions of certgate, Node.js and OpenSSL',
  usage: `usage: certgate version [--json]

      --json   one JSON object: version, node, openssl, platform, arch
`,
  async run(args, terminal) {
    const { flags } = parseArguments('version', args, { json: { type: 'boolean' } })
    const { node, openssl } = process.versions
    const facts = { version: certgateVersion(), node, openssl, platform: process.platform, arch: process.arch }
    const line = `certgate ${facts.version} (node ${node}, openssl ${openssl}, ${facts.platform} ${facts.arch})`
    terminal.out(`${flags.json ? JSON.stringify(facts) : line}\n`)
    return 0
  },
}

/** From package.json, which is two folders above this file both in a checkout and in a package. */
export function certgateVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const version = typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : undefined
  if (typeof version !== 'string') throw new TypeError('package.json has no version')
  return version
}
