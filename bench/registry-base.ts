/**
 * What a registry costs a worker: `node bench/registry-base.ts [ENTRIES]` writes a base of invented certificates, and reads it in a
 * process of its own. Half of the entries have rights of their own, each has a name and two alternative names.
 */
import { fork } from 'node:child_process'
import { hash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Registry } from '../src/tls/registry.ts'
import { openBase } from '../src/tls/registry-base.ts'
import { writeBase } from '../src/tls/registry-base-writer.ts'
import type { TrustRecord } from '../src/tls/registry-types.ts'

const LOOKUPS = 200_000
const QUESTIONS = 10_000
const SMALL = 5_000
const ISSUER = Buffer.alloc(91, 7)

const fingerprintOf = (number: number) => hash('sha256', `certificate ${number}`)
const pinOf = (number: number) => hash('sha256', `key ${number}`)

function recordOf(number: number): TrustRecord {
  return {
    fingerprint: fingerprintOf(number),
    pin: pinOf(number),
    name: `client-${number}`,
    subjectDn: `CN=client-${number},OU=clients,O=Example`,
    sans: [`dNSName:client-${number}.example`, `uniformResourceIdentifier:spiffe://example/client/${number}`],
    notBefore: 1_700_000_000_000,
    notAfter: 1_800_000_000_000,
    issuerKey: ISSUER,
    disabled: number % 1_000 === 0,
    revoked: number % 500 === 1 ? { at: 1_750_000_000_000, reason: 'superseded' } : null,
    clearance: 'ValidUser',
    permissions: new Map(number % 2 === 0 ? [['shared', 'Read'] as const] : [[`tenant-${number}`, 'ReadWrite'] as const]),
  }
}

async function write(file: string, entries: number): Promise<void> {
  function* records() {
    for (let number = 0; number < entries; number++) yield recordOf(number)
  }
  const started = performance.now()
  const { bytes } = await writeBase(file, { entries: records(), version: 1, epoch: 'bench' })
  const seconds = ((performance.now() - started) / 1_000).toFixed(1)
  console.log(`written   ${entries} entries, ${bytes} bytes (${(bytes / entries).toFixed(0)} each) in ${seconds} s`)
}

function resident(): number {
  for (let round = 0; round < 3; round++) globalThis.gc?.()
  return process.memoryUsage.rss()
}

/** Nanoseconds for one of many. */
function timed(count: number, one: (index: number) => void): string {
  const started = performance.now()
  for (let index = 0; index < count; index++) one(index)
  return `${(((performance.now() - started) * 1e6) / count).toFixed(0)} ns`
}

/** Questions about certificates and keys, half of them unknown. */
function questions(registry: Registry, entries: number): (index: number) => void {
  const keys = Array.from({ length: QUESTIONS }, (_, index) => (index * 7_919) % (2 * entries)).map((number) => ({
    fingerprint: fingerprintOf(number),
    pin: pinOf(number),
  }))
  return (index) => {
    const { fingerprint, pin } = keys[index % QUESTIONS] as (typeof keys)[number]
    registry.standing(fingerprint, pin)
  }
}

async function measure(file: string, entries: number): Promise<void> {
  // A small one first: what asking costs the heap once is not the registry's size.
  const small = `${file}.small`
  await write(small, SMALL)
  timed(LOOKUPS, questions(new Registry(await openBase(small)), SMALL))
  const before = resident()
  const started = performance.now()
  const registry = new Registry(await openBase(file))
  const loaded = performance.now() - started
  const grown = () => `${((resident() - before) / entries).toFixed(0)} bytes per entry`
  console.log(`loaded    in ${loaded.toFixed(0)} ms; resident memory grew by ${grown()}`)
  const ask = questions(registry, entries)
  timed(LOOKUPS, ask)
  console.log(`asked     about a certificate and its key, half of them unknown: ${timed(LOOKUPS, ask)}`)
  console.log(`resident  after ${2 * LOOKUPS} questions: ${grown()}`)
}

const [first, second] = process.argv.slice(2)
if (first === 'measure' && second !== undefined) {
  await measure(second, Number(process.argv[4]))
} else {
  const entries = first === undefined ? 1_000_000 : Number(first)
  const folder = mkdtempSync(join(tmpdir(), 'certgate-registry-'))
  const file = join(folder, 'registry.base')
  await write(file, entries)
  const child = fork(import.meta.filename, ['measure', file, String(entries)], { execArgv: ['--expose-gc'] })
  child.once('exit', (code) => {
    rmSync(folder, { recursive: true })
    process.exitCode = code ?? 1
  })
}
