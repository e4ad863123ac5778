/** testssl.sh and sslscan find nothing above LOW on the listener and on the admin address, but for what is listed here with its reason. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { fileLifetime } from '../support/lifetime.ts'
import { absent, locate, run } from '../support/outside-program.ts'
import { type ScannedGateway, startScannedGateway } from './scanned-gateway.ts'

interface Finding {
  readonly id: string
  readonly severity: string
  readonly finding: string
}

/** Findings of testssl.sh that are not about certgate. */
const ACCEPTED: ReadonlyMap<string, string> = new Map([
  ['engine_problem', "about the scanner's own OpenSSL: it has no GOST engine"],
  ['sessionresumption_ticket', 'it hangs up at once and says WARN where the ticket had not come yet; what resumes is tested by ourselves'],
])

/** It waits more than it works: run side by side, these take as long as the longest. */
const LANES = [
  ['--protocols', '--std', '--pfs', '--server-defaults'],
  ['--server-preference', '--heartbleed', '--ccs-injection', '--ticketbleed', '--robot', '--renegotiation'],
  ['--compression', '--poodle', '--tls-fallback', '--sweet32', '--beast', '--lucky13', '--freak', '--logjam', '--drown', '--rc4'],
]

const FINE: ReadonlySet<string> = new Set(['OK', 'INFO', 'LOW', 'DEBUG'])

/** What has to be among the findings: a scan that broke off would find nothing either. */
const LOOKED_AT = [
  'SSLv2 SSLv3 TLS1 TLS1_1 TLS1_2 TLS1_3',
  'cipherlist_NULL cipherlist_aNULL cipherlist_EXPORT cipherlist_LOW cipherlist_3DES_IDEA',
  'cipher_order protocol_negotiated cipher_negotiated PFS',
  'cert_signatureAlgorithm cert_keySize cert_chain_of_trust cert_trust cert_expirationStatus TLS_session_ticket',
  'heartbleed CCS ticketbleed ROBOT secure_renego secure_client_renego CRIME_TLS POODLE_SSL SWEET32 FREAK DROWN LOGJAM BEAST LUCKY13 RC4',
].flatMap((ids) => ids.split(' '))

/** Debian calls it `testssl`. */
const testssl = ['testssl', 'testssl.sh'].find((name) => locate(name) !== null) ?? 'testssl'

const lifetime = fileLifetime()
let gateway: ScannedGateway
before(async () => {
  gateway = await startScannedGateway(lifetime)
})

describe('testssl.sh', { concurrency: 2, skip: absent(testssl) }, () => {
  for (const where of ['listener', 'admin'] as const) {
    test(`finds nothing above LOW on the ${where}`, async () => {
      const found = await scan(where)
      const ids = new Set(found.map(({ id }) => id))
      assert.deepEqual(
        LOOKED_AT.filter((id) => !ids.has(id)),
        [],
        'not looked at',
      )
      assert.deepEqual(
        found
          .filter(({ id, severity }) => !FINE.has(severity) && !ACCEPTED.has(id))
          .map((one) => `${one.severity} ${one.id}: ${one.finding}`),
        [],
      )
    })
  }
})

async function scan(where: keyof ScannedGateway['ports']): Promise<readonly Finding[]> {
  const target = `https://localhost:${gateway.ports[where]}`
  return (await Promise.all(LANES.map((what, lane) => findingsOf(what, target, join(gateway.folder, `${where}-${lane}.json`))))).flat()
}

async function findingsOf(what: readonly string[], target: string, file: string): Promise<Finding[]> {
  const how = ['--quiet', '--color', '0', '--warnings', 'batch', '--nodns', 'none', '--ip', '127.0.0.1', '--add-ca', gateway.caFile]
  const limits = ['--connect-timeout', '10', '--openssl-timeout', '10']
  const { stderr } = await run(testssl, [...what, ...how, ...limits, '--jsonfile', file, target], { cwd: gateway.folder, timeout: 550_000 })
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Finding[]
  } catch (error) {
    throw new Error(`testssl.sh left no findings; it said: ${stderr}`, { cause: error })
  }
}

describe('sslscan', { skip: absent('sslscan') }, () => {
  for (const where of ['listener', 'admin'] as const) {
    test(`finds TLS 1.2 and 1.3 with sound suites and groups alone on the ${where}`, async () => {
      const { text } = await run('sslscan', ['--no-colour', '--xml=-', `localhost:${gateway.ports[where]}`])
      const enabled = attributesOf(text, 'protocol').filter((one) => one.get('enabled') === '1')
      assert.deepEqual(
        enabled.map((one) => one.get('version')),
        ['1.2', '1.3'],
      )
      for (const one of attributesOf(text, 'heartbleed')) assert.equal(one.get('vulnerable'), '0')
      for (const one of attributesOf(text, 'compression')) assert.equal(one.get('supported'), '0')
      const [renegotiation] = attributesOf(text, 'renegotiation')
      assert.equal(renegotiation?.get('supported'), '0')
      const ciphers = attributesOf(text, 'cipher')
      assert.equal(ciphers.length, 6)
      for (const one of ciphers)
        assert.match(`${one.get('strength')} ${one.get('cipher')}`, /^(strong ECDHE-.*(GCM|CHACHA20)|acceptable TLS_)/)
      const groups = attributesOf(text, 'group')
      assert.ok(groups.length > 0)
      for (const one of groups) assert.ok(Number(one.get('bits')) >= 128, `${one.get('name')}`)
    })
  }
})

/** Of every element of this name, as sslscan writes them: without nesting. */
function attributesOf(xml: string, element: string): ReadonlyMap<string, string>[] {
  return [...xml.matchAll(new RegExp(`<${element} ([^>]*)/>`, 'g'))].map(
    ([, attributes = '']) => new Map([...attributes.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value])),
  )
}
