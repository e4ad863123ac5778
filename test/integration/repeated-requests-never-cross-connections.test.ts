/**
 * The promise: whatever many clients repeat at the same time, and however their bytes come in, every request that reaches the upstream
 * is whole, carries the identity of the connection it came in on, and its answer goes back there.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { type Gateway, portOf, startGateway } from '../support/gateway.ts'
import { RawClient } from '../support/raw-client.ts'
import type { RecordedRequest } from '../support/recording-upstream.ts'
import { seededRandom } from '../support/seeded-random.ts'

const CLIENTS = 60
/** How the requests of one round are written: whole, cut anywhere, one behind the other, or behind each other and cut anywhere. */
const ROUNDS = ['whole', 'whole', 'whole', 'whole', 'cut', 'whole', 'pipelined', 'both', 'whole', 'both', 'cut', 'whole'] as const
const PIPELINED = 6

interface Voice {
  readonly name: string
  readonly client: RawClient
  /** Its one head has no body, one that is written with it, or one that is written behind it. */
  readonly body: 'none' | 'with' | 'behind'
  /** What it has asked so far, as the upstream has to see it. */
  readonly asked: { readonly target: string; readonly body: string }[]
}

type Random = ReturnType<typeof seededRandom>

/** A request in the pieces that a client writes of itself: nearly always its one head, with a body that is another each time. */
function request({ name, asked, body: kind }: Voice, path: string, random: Random): string[] {
  const target = random(20) === 0 ? `${path}/other/${name}` : `${path}/${name}`
  // Sometimes longer than a read may be.
  const parts = kind === 'none' ? 0 : random(30) === 0 ? 6_000 : 1 + (name.length % 3) * 40
  const body = `${name}:${String(asked.length).padStart(6, '0')};`.repeat(parts)
  asked.push({ target, body })
  const line = `${kind === 'none' ? 'GET' : 'PUT'} ${target} HTTP/1.1\r\nHost: localhost\r\n`
  const mark = `X-Mark: ${name}\r\nX-Forwarded-User: root\r\nX-Forwarded-Roles: root\r\n`
  if (kind === 'none') return [`${line}${mark}\r\n`]
  const head = `${line}${mark}Content-Length: ${body.length}\r\n\r\n`
  return kind === 'with' ? [head + body] : [head, body]
}

/** Up to four pieces of a text. */
function cut(text: string, random: Random): string[] {
  const places = Array.from({ length: 1 + random(3) }, () => random(text.length)).sort((a, b) => a - b)
  return [0, ...places].map((from, i) => text.slice(from, places[i] ?? text.length)).filter((piece) => piece !== '')
}

/** Writes what all have to say in pieces, whoever's turn chance says it is, and reads all answers. */
async function round(kind: (typeof ROUNDS)[number], voices: readonly Voice[], path: string, random: Random): Promise<void> {
  const count = kind === 'pipelined' || kind === 'both' ? PIPELINED : 1
  const left = voices.map((voice) => {
    const pieces = Array.from({ length: count }, () => request(voice, path, random)).flat()
    if (kind === 'whole') return { voice, pieces }
    const text = pieces.join('')
    return { voice, pieces: kind === 'pipelined' ? [text] : cut(text, random) }
  })
  const answers = voices.map(async ({ client, name, asked }) => {
    for (const { target, body } of asked.slice(-count)) {
      const response = await client.response({ timeout: 30_000 })
      assert.equal(response.status, 200)
      assert.equal(response.body, `${target} ${name} ${body}`)
    }
  })
  while (left.length > 0) {
    const at = random(left.length)
    const { voice, pieces } = left[at]
    voice.client.send(pieces.shift() as string)
    if (pieces.length === 0) left.splice(at, 1)
    // What was written so far leaves before the rest.
    if (random(8) === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  await Promise.all(answers)
}

/** What the upstream got of one client, in its order. */
function check({ name, asked }: Voice, got: readonly RecordedRequest[], identified: boolean): void {
  assert.deepEqual(
    got.map(({ target, body }) => ({ target, body: body.toString('latin1') })),
    asked,
  )
  for (const { values, head } of got) {
    assert.deepEqual(values('x-forwarded-user'), identified ? [name] : [])
    assert.deepEqual(values('x-forwarded-roles'), identified ? [`reader,role-${name}`] : [])
    assert.doesNotMatch(head, /root/)
  }
}

/** All of them, all rounds. */
async function talk(gateway: Gateway, voices: readonly Voice[], path: string, identified: boolean): Promise<void> {
  const seed = Date.now() % 1_000_000
  const random = seededRandom(seed)
  gateway.upstream.answer = ({ target, body, values }, socket) => {
    const answer = `${target} ${values('x-mark')[0]} ${body.toString('latin1')}`
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${answer.length}\r\n\r\n${answer}`)
  }
  try {
    for (const kind of ROUNDS) await round(kind, voices, path, random)
    const { requests } = gateway.upstream
    assert.equal(
      requests.length,
      voices.reduce((sum, { asked }) => sum + asked.length, 0),
    )
    const byMark = Map.groupBy(requests, ({ values }) => values('x-mark')[0])
    for (const voice of voices) check(voice, byMark.get(voice.name) ?? [], identified)
  } catch (cause) {
    throw new Error(`with seed ${seed}`, { cause })
  }
}

const BODIES = ['none', 'with', 'behind'] as const
const names = Array.from({ length: CLIENTS }, (_, i) => `c${10 ** ((i >> 2) % 3)}x${i}`)

test('on TLS connections with different certificates', async (t) => {
  const mapping = [`reader:\n  users: [${names.join(', ')}]\n`, ...names.map((name) => `role-${name}:\n  users: [${name}]\n`)]
  const gateway = await startGateway(t, { rolesMapping: mapping.join('') })
  const voices = await Promise.all(
    names.map(async (name, i): Promise<Voice> => {
      const version = i % 2 === 0 ? 'TLSv1.3' : 'TLSv1.2'
      const client = await gateway.connect(await gateway.issue(`CN=${name}`), { tls: { maxVersion: version } })
      return { name, client, body: BODIES[i % 3], asked: [] }
    }),
  )
  await talk(gateway, voices, '/tls', true)
  const count = voices.reduce((sum, { asked }) => sum + asked.length, 0)
  await eventually('all log lines', () => gateway.records().length === count)
  for (const { path, user, status } of gateway.records()) assert.deepEqual([path.split('/').at(-1), status], [user, 200])
})

test('on plain connections', async (t) => {
  const gateway = await startGateway(t, { tls: 'clientauth_mode: OPTIONAL\n  plain:\n    address: 127.0.0.1:0\n    tls: off' })
  const port = await portOf(gateway, 'plain')
  const voices = await Promise.all(
    names.map(async (name, i): Promise<Voice> => {
      const client = await RawClient.connect({ port, ca: null }, t)
      return { name, client, body: BODIES[i % 3], asked: [] }
    }),
  )
  await talk(gateway, voices, '/public', false)
})
