/**
 * Published ways of passing an identity header past a gateway, tried with every header that certgate can write: the upstream sees the gateway's
 * own value, as often as in an honest request, and nothing that could be taken for it.
 */
import { test } from 'node:test'
import { fileLifetime } from '../support/lifetime.ts'
import { invariantFaults } from './invariants.ts'
import { type Evidence, Lanes, ONE_ROUTE } from './lanes.ts'
import { fold } from './strict-message.ts'
import { type Fault, printable, Tally } from './tally.ts'
import { readVectors, selected } from './vectors.ts'
import type { Witnessed } from './witness.ts'

interface SpoofVector {
  readonly id: string
  readonly proto: 'h1' | 'h2'
  readonly raw_template_b64: string
  readonly expect: string
}

interface Spoof {
  readonly id: string
  readonly vector: SpoofVector
  /** The header that is spoofed; null where the template names one itself. */
  readonly header: string | null
  readonly bytes: Buffer
}

/** Every dialect that can be on at once with the others, and a template. */
const STYLES = `
  styles: [plain, xfcc, rfc9440, nginx, traefik, opensearch, kube, { couchdb: { secret: s3cret } }, grafana]
  custom: { X-Special: "{name}" }
  forwarded: true`

/** Occurs nowhere but in what is spoofed. */
const VALUE = 'spoofed-admin'

/** Names that the design promises to remove whatever is configured, folded. */
const PROMISED =
  /^(?:x-forwarded-.*|forwarded|x-real-ip|x-remote-.*|x-proxy-.*|x-auth-couchdb-.*|x-webauth-.*|x-ssl-client-.*|x-client-cert.*|client-cert.*|-opendistro-security-.*|x-certgate-.*|x-original-url|x-rewrite-url|x-http-method-override)$/

const lifetime = fileLifetime()

test('header-spoof', async (t) => {
  const set = readVectors<{ vectors: SpoofVector[] }>(t, 'header-spoof')
  if (set === null) return
  const tally = new Tally('header-spoof')
  const lanes = await Lanes.start(lifetime, { routes: ONE_ROUTE, identityHeaders: STYLES })
  const written = await lanes.written()
  const chosen = set.vectors.filter(({ id }) => selected(id))
  for (const { id, proto } of chosen) if (proto === 'h2') tally.skip(id, 'HTTP/2 is not in this version')
  const cases = chosen.filter(({ proto }) => proto === 'h1').flatMap((vector) => spoofsOf(vector, [...written.keys()]))
  const forwardedAsIs = new Set<string>()
  await lanes.play(
    tally,
    cases,
    ({ bytes }) => [bytes],
    (evidence) => {
      const { id, bytes } = evidence.item
      tally.add({
        id,
        sent: printable(bytes),
        invariants: [...invariantFaults(evidence), ...evidence.upstream.flatMap((request) => genuineFaults(request, written))],
        expectations: expectationFaults(evidence, forwardedAsIs),
        binding: 'must',
      })
    },
  )
  t.diagnostic(`forwarded as any other header (${forwardedAsIs.size}), since they mean nothing here: ${[...forwardedAsIs].join(' ')}`)
  tally.finish(t)
})

/** One case per header that the template has a place for. */
function spoofsOf(vector: SpoofVector, headers: readonly string[]): Spoof[] {
  const template = Buffer.from(vector.raw_template_b64, 'base64').toString('latin1')
  if (!template.replaceAll('@@V@@', '').includes('@@')) return [{ id: vector.id, vector, header: null, bytes: fill(template, '', headers) }]
  return headers.map((header) => ({ id: `${vector.id} [${header}]`, vector, header, bytes: fill(template, header, headers) }))
}

function fill(template: string, header: string, headers: readonly string[]): Buffer {
  const under = header.replaceAll('-', '_')
  const values = new Map([
    ['@@ALLH@@', headers.join(', ')],
    ['@@HU_@@', under.toUpperCase()],
    ['@@H_1@@', header.replace('-', '_')],
    ['@@H_@@', under],
    ['@@h_@@', under.toLowerCase()],
    ['@@HU@@', header.toUpperCase()],
    ['@@HM@@', [...header].map((letter, index) => (index % 2 === 0 ? letter.toLowerCase() : letter.toUpperCase())).join('')],
    ['@@H.@@', header.replaceAll('-', '.')],
    ['@@H @@', header.replaceAll('-', ' ')],
    ['@@H~@@', header.replaceAll('-', '~')],
    ['@@H@@', header],
    ['@@h@@', header.toLowerCase()],
    ['@@V@@', VALUE],
  ])
  let text = template
  const tail = /^x-(.*)$/i.exec(header)?.[1]
  text = tail === undefined ? text.replaceAll(/[Xx][-_]@@HTAIL@@/g, header) : text.replaceAll('@@HTAIL@@', tail)
  for (const [place, value] of values) text = text.replaceAll(place, value)
  return Buffer.from(text, 'latin1')
}

/** Each header that the gateway writes is there as in an honest request of the same client, and nothing else folds to its name. */
function genuineFaults(request: Witnessed, written: ReadonlyMap<string, readonly string[]>): Fault[] {
  const faults: Fault[] = []
  for (const [name, values] of written) {
    const alike = request.headers.filter(([key]) => fold(key) === fold(name))
    if (alike.length !== values.length || alike.some(([key]) => key.toLowerCase() !== name.toLowerCase())) {
      faults.push({ expected: `${values.length} times ${name}, and nothing alike`, reached: JSON.stringify(alike) })
    }
  }
  const text = `${request.head}${request.trailers.join('\r\n')}`
  for (const name of written.keys()) {
    const lines = text.split('\r\n').filter((line) => fold(line.slice(0, line.indexOf(':'))) === fold(name))
    if (lines.some((line) => line.includes(VALUE))) faults.push({ expected: `the genuine ${name}`, reached: lines.join(' | ') })
  }
  return faults
}

function expectationFaults({ item, upstream, audit }: Evidence<Spoof>, forwardedAsIs: Set<string>): Fault[] {
  const { vector } = item
  const request = upstream[0]
  if (request === undefined)
    return audit.every(({ status }) => status >= 400) ? [] : [{ expected: 'forwarded or refused', reached: 'neither' }]
  const all = `${request.head}${request.trailers.join('\r\n')}`
  const reached = printable(all, 2000)
  switch (vector.expect) {
    case 'strip_or_reject':
    case 'no_crash_and_strip':
    case 'genuine_value_present_exactly_once':
      return all.includes(VALUE) || all.includes('Bearer x') ? [{ expected: 'the spoofed value removed', reached }] : []
    case 'strip_or_reject_if_the_gateway_or_upstream_gives_it_meaning':
      return familyFaults(vector, all, reached, forwardedAsIs)
    case 'value_intact_or_reject': {
      const sent = /X-Other: (.*)\r\n/.exec(item.bytes.toString('latin1'))?.[1]
      return request.values('x-other')[0] === sent ? [] : [{ expected: 'X-Other as it was sent', reached }]
    }
    case 'authority_from_target_or_reject':
      return request.values('host')[0] === 'admin.internal' ? [] : [{ expected: 'refused, or the Host of the target', reached }]
    case 'forward_unchanged_or_strip':
      return request.method === 'POST' ? [] : [{ expected: 'the method that was sent', reached }]
    default:
      return [{ expected: 'refused', reached }]
  }
}

/** A name that belongs to no dialect and no promise is a header like any other. */
function familyFaults(vector: SpoofVector, all: string, reached: string, forwardedAsIs: Set<string>): Fault[] {
  if (!all.includes(VALUE)) return []
  const name = vector.id.slice('hdr/family-'.length)
  if (PROMISED.test(fold(name))) return [{ expected: `${name} removed`, reached }]
  forwardedAsIs.add(name)
  return []
}
