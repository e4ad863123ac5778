/**
 * Published attacks on HTTP/1.1 framing, against the real program over real TLS. Whatever a case is about, the universal invariants hold; and
 * what its source expects is kept too, where that is binding.
 */
import { test } from 'node:test'
import { fileLifetime } from '../support/lifetime.ts'
import { invariantFaults } from './invariants.ts'
import { type Evidence, Lanes, ONE_ROUTE } from './lanes.ts'
import { readBody, readHead } from './strict-message.ts'
import { type Fault, printable, Tally } from './tally.ts'
import { readVectors, selected } from './vectors.ts'

interface RawVector {
  readonly id: string
  readonly steps: readonly { readonly raw_b64: string }[]
  readonly expect: { readonly verdict: string; readonly published_status: string | null; readonly connection_close: boolean | null }
  readonly binding: string
}

const lifetime = fileLifetime()

test('http1-raw', async (t) => {
  const set = readVectors<{ vectors: RawVector[] }>(t, 'http1-raw')
  if (set === null) return
  const tally = new Tally('http1-raw')
  const lanes = await Lanes.start(lifetime, { routes: ONE_ROUTE })
  const cases = set.vectors.filter(({ id }) => selected(id))
  await lanes.play(tally, cases, stepsOf, (evidence) => {
    const { id, binding } = evidence.item
    tally.add({
      id,
      sent: stepsOf(evidence.item)
        .map((step) => printable(step))
        .join(' then '),
      invariants: invariantFaults(evidence),
      expectations: verdictFaults(evidence),
      binding,
    })
  })
  tally.finish(t)
})

function stepsOf({ steps }: RawVector): Buffer[] {
  return steps.map(({ raw_b64 }) => Buffer.from(raw_b64, 'base64'))
}

/** What the source of the case expects, where it says more than the invariants. */
function verdictFaults({ item, audit, upstream, conversation }: Evidence<RawVector>): Fault[] {
  const completed = upstream.filter(({ complete }) => complete)
  const statuses = audit.map(({ status }) => status)
  const reached = `audit ${statuses.join()}; upstream ${completed.map(({ method, target }) => `${method} ${printable(target, 80)}`).join(', ') || 'nothing'}`
  const faults: Fault[] = []
  switch (item.expect.verdict) {
    case 'accept':
      if (statuses[0] !== 200) faults.push({ expected: 'accepted', reached: `${reached}; ${printable(conversation.received)}` })
      break
    case 'reject':
      if (completed.length > soundAtFront(item)) faults.push({ expected: 'rejected, nothing completed upstream', reached })
      break
    case 'incomplete':
      if (completed.length > 0 || statuses.includes(200)) faults.push({ expected: 'waited for the rest', reached })
  }
  if (item.expect.connection_close === true && !conversation.closedByGateway) {
    faults.push({ expected: 'a connection that the gateway closes', reached: `${reached}; it stayed open` })
  }
  return faults
}

/** How many messages at the front of a case are beyond doubt: the rejection that its source expects is of what follows. */
function soundAtFront(item: RawVector): number {
  const text = Buffer.concat(stepsOf(item)).toString('latin1')
  for (let at = 0, count = 0; ; count++) {
    while (text.startsWith('\r\n', at)) at += 2
    const headEnd = text.indexOf('\r\n\r\n', at) + 4
    const head = readHead(text.slice(at, headEnd))
    const body = headEnd < 4 || head.problems.length > 0 ? null : readBody(text, headEnd, head.length)
    if (body === null || body.problem !== null) return count
    at = body.end
  }
}
