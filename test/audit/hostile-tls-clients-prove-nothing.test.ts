/**
 * TLS clients that break the protocol in every way that has to do with proving who they are, in the manner of tlsfuzzer's scripts: built in
 * Python of the parts of tlslite-ng. Whatever they do is answered as it should be, the upstream sees the requests of those alone who have
 * proven to be somebody, and the same worker serves the next client.
 */
import assert from 'node:assert/strict'
import { before, beforeEach, describe, it, test } from 'node:test'
import { childrenOf } from '../support/activation.ts'
import { readDocument } from '../support/documents.ts'
import { fileLifetime } from '../support/lifetime.ts'
import { absentPython } from '../support/outside-program.ts'
import { type AttackedGateway, startAttackedGateway } from './attacked-gateway.ts'
import { type HostileCase, HostileClients, hostileCases } from './hostile-clients.ts'

const skip = absentPython('tlslite')
const cases = skip === false ? hostileCases() : []

const lifetime = fileLifetime()
let gateway: AttackedGateway
let clients: HostileClients
let workers: readonly number[] = []

describe('hostile TLS clients', { skip }, () => {
  before(async () => {
    gateway = await startAttackedGateway(lifetime)
    clients = new HostileClients(lifetime, gateway.description)
    workers = childrenOf(gateway.program.pid)
    assert.equal(workers.length, 1)
  })
  beforeEach(() => gateway.upstream.reset())

  for (const [theme, ofTheme] of Map.groupBy(cases, ({ theme }) => theme)) {
    describe(theme, () => {
      for (const one of ofTheme) it(one.name, () => attack(one))
    })
  }

  test('the documentation counts them', () => {
    const count = cases.length.toLocaleString('en')
    assert.ok(readDocument('docs/security.md').includes(`${count} hostile clients`), `docs/security.md does not speak of ${count}`)
  })
})

async function attack(one: HostileCase): Promise<void> {
  const said = gateway.program.lines.length
  assert.equal(await clients.run(one), one.answer)
  // Whoever comes next on that worker, and on control, is served.
  assert.equal(await gateway.serve('require'), 200)
  if (one.name.includes('admin')) assert.equal(await gateway.serve('admin'), 200)
  assert.deepEqual(childrenOf(gateway.program.pid), workers, 'no worker has ended')
  const troubles = gateway.program.lines.slice(said).filter((line) => /"level":"(warn|error|fatal)"/.test(line))
  assert.deepEqual(troubles, [])
  assert.deepEqual(forwarded(), one.answer.endsWith('200') ? [one.user, 'alice'] : ['alice'])
}

/** As whom the upstream has seen each request, the last of them being that of whoever came next; and it has seen nothing but requests. */
function forwarded(): (string | null)[] {
  const { requests, received } = gateway.upstream
  const bytes = requests.reduce((sum, { head, rawBody }) => sum + head.length + rawBody.length, 0)
  assert.equal(bytes, Buffer.concat(received).length, 'the upstream has seen bytes that are no request')
  return requests.map((request) => request.values('x-forwarded-user')[0] ?? null)
}
