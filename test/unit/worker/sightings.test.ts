import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FromWorker, MAX_SIGHTINGS } from '../../../src/ipc/messages.ts'
import type { Peer } from '../../../src/tls/types.ts'
import { Sightings } from '../../../src/worker/sightings.ts'
import { certificateFacts } from '../../support/identities.ts'

const hex = (number: number) => number.toString(16).padStart(64, '0')

/** A peer whose certificate has this number; `registered`: that of the entry whose rights it has. */
function peer(number: number, registered: number | null, changes: Partial<Peer> = {}): Peer {
  const evidence = { registered: registered === null ? null : hex(registered), leaf: { base64: `der ${number}` } }
  return {
    certificate: certificateFacts('CN=a', { fingerprint: hex(number) }),
    refusal: null,
    detail: '',
    serverName: null,
    resumed: false,
    evidence: evidence as Peer['evidence'] & object,
    ...changes,
  }
}

function sightings() {
  const sent: FromWorker[] = []
  return { made: new Sightings((message) => sent.push(message)), sent }
}

test('the last time of each registered certificate is handed over, of nobody else, and once', () => {
  const { made, sent } = sightings()
  made.note(peer(1, 1), 10)
  made.note(peer(1, 1), 20)
  made.note(peer(2, null), 20)
  made.note(peer(3, 3, { refusal: 'certificate_revoked' }), 20)
  made.note({ ...peer(4, 4), certificate: null }, 20)
  made.handOver()
  made.handOver()
  assert.deepEqual(sent, [{ kind: 'seen', seen: new Map([[hex(1), 20]]) }])
})

test('many are handed over before they are too many for one message, and not more often than control can take', () => {
  const { made, sent } = sightings()
  const sizes = () => sent.map((message) => message.kind === 'seen' && message.seen.size)
  const noteFrom = (first: number, count: number, now: number) => {
    for (let number = first; number < first + count; number++) made.note(peer(number, number), now)
  }
  noteFrom(0, MAX_SIGHTINGS + 3, 1_000)
  assert.deepEqual(sizes(), [MAX_SIGHTINGS])
  noteFrom(10_000, MAX_SIGHTINGS + 3, 5_999)
  assert.deepEqual(sizes(), [MAX_SIGHTINGS])
  noteFrom(20_000, 1, 6_000)
  made.handOver(6_000)
  assert.deepEqual(sizes(), [MAX_SIGHTINGS, MAX_SIGHTINGS, 1])
})

test('a renewal is told once a minute, is not taken for what it renews, and a flood of them is cut off', () => {
  const { made, sent } = sightings()
  const renewal = (number: number, now: number) => made.note(peer(number, 0, { renews: hex(0) }), now)
  for (const now of [0, 1, 59_999, 60_000]) renewal(1, now)
  assert.deepEqual(sent, [
    { kind: 'renewal', certificate: 'der 1' },
    { kind: 'renewal', certificate: 'der 1' },
  ])
  for (let number = 2; number < 2_000; number++) renewal(number, 60_001)
  assert.equal(sent.length, 2 + 255)
  renewal(5_000, 130_000)
  assert.equal(sent.length, 2 + 256)
  made.handOver()
  assert.equal(sent.length, 2 + 256)
})
