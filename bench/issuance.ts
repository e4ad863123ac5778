/**
 * How many certificates a second are issued: `npm run bench -- issuance [SECONDS] [ENTRIES]`. Each is signed and recorded as the gateway
 * does it, registry entry, serial and audit entry in one transaction that is on disk before the next begins, in a registry that holds so
 * many ENTRIES already. Where the disk lies decides: TMPDIR names it.
 */
import { createPublicKey, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAuthority } from '../src/certificates/authority.ts'
import { issuedEntry } from '../src/certificates/issuance-record.ts'
import { certify, issueClient } from '../src/certificates/issue.ts'
import { type Issuer, issuerKeyId } from '../src/certificates/issuer.ts'
import { generateKey, type KeyType } from '../src/certificates/key.ts'
import { openStore, type Store } from '../src/store/store.ts'
import type { NewEntry } from '../src/store/types.ts'

const CLI = { name: 'bench', fingerprint: null }
const RIGHTS = { clearance: 'ValidUser', permissions: new Map([['movies', 'Read' as const]]) } as const
const AT_ONCE = 5_000
const DAY = 86_400_000

const seconds = Number(process.argv[2] ?? 5)
const entries = Number(process.argv[3] ?? 0)
if (!(seconds > 0) || !Number.isInteger(entries) || entries < 0) {
  process.stderr.write('usage: npm run bench -- issuance [SECONDS] [ENTRIES]\n')
  process.exit(2)
}
const folder = mkdtempSync(join(tmpdir(), 'certgate-issuance-'))
try {
  await measure(openStore(join(folder, 'certgate.db')))
} finally {
  rmSync(folder, { recursive: true })
}

async function measure(store: Store): Promise<void> {
  const { issuer } = await createAuthority({ days: 3650 })
  fill(store, issuer)
  const person = createPublicKey(await generateKey('ec'))
  await rate('signed for a given key', () => void certify(issuer, 'client', { commonName: 'client' }, person))
  const prepared = await prepare(issuer, Math.ceil(seconds * 3_000))
  await rate('recorded alone', () => {
    const entry = prepared.pop()
    if (entry === undefined) return false
    store.registry.add([entry], CLI)
  })
  for (const keyType of ['ec', 'ed25519', 'rsa'] satisfies KeyType[]) {
    await rate(`issued and recorded, with a new ${keyType} key`, async () => {
      const { der } = await issueClient(issuer, { commonName: 'client', keyType })
      store.registry.add([issuedEntry(issuer, der, { name: 'client', ...RIGHTS })], CLI)
    })
  }
  const [entry] = store.registry.list({ limit: 1 }).entries
  await rate('looked up by fingerprint', () => void store.registry.get(entry?.fingerprint ?? ''))
  const started = performance.now()
  const states = store.registry.countByState()
  const total = [...states.values()].reduce((sum, count) => sum + count, 0)
  say('counted by state', `${(performance.now() - started).toFixed(0)} ms for ${total} entries`)
  const { rss } = process.memoryUsage()
  say('resident memory of the process that issues', `${(rss / 1024 ** 2).toFixed(0)} MiB`)
  store.close()
  say('size of the store', `${(statSync(store.file).size / 1024 ** 2).toFixed(0)} MiB`)
}

/** Entries like those that are issued, many to a transaction. */
function fill(store: Store, issuer: Issuer): void {
  if (entries === 0) return
  const started = performance.now()
  for (let made = 0; made < entries; made += AT_ONCE) {
    store.write(() => {
      for (let number = made; number < Math.min(entries, made + AT_ONCE); number++) store.registry.add([invented(number, issuer)], CLI)
    })
  }
  const rateOf = (entries / (performance.now() - started)) * 1000
  say('filled', `${entries} entries, ${rateOf.toFixed(0)}/s, ${AT_ONCE} to a transaction`)
}

function invented(number: number, issuer: Issuer): NewEntry {
  const now = Date.now()
  return {
    der: randomBytes(600),
    name: `client-${number}`,
    subjectDn: `CN=client-${number}`,
    issuerDn: issuer.facts.dn,
    serial: `01${randomBytes(16).toString('hex').toUpperCase()}`,
    pin: randomBytes(32).toString('hex'),
    issuerKey: issuer.publicKeyInfo,
    sans: [],
    notBefore: now,
    notAfter: now + (1 + (number % 365)) * DAY,
    ...RIGHTS,
    origin: 'issued',
    issuerKeyId: issuerKeyId(issuer),
  }
}

async function prepare(issuer: Issuer, count: number): Promise<NewEntry[]> {
  return Array.from({ length: count }, (_, index) => invented(entries + index, issuer))
}

/** `false` ends it early. */
async function rate(what: string, one: () => unknown): Promise<void> {
  for (let warm = 0; warm < 20; warm++) await one()
  const cpu = process.cpuUsage()
  const started = performance.now()
  let count = 0
  while (performance.now() - started < seconds * 1000 && (await one()) !== false) count++
  const elapsed = performance.now() - started
  const { user, system } = process.cpuUsage(cpu)
  say(what, `${((count / elapsed) * 1000).toFixed(0)}/s, ${((user + system) / 1000 / count).toFixed(2)} ms of CPU each`)
}

function say(what: string, value: string): void {
  process.stdout.write(`${what.padEnd(46)} ${value}\n`)
}
