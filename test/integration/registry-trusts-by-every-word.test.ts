import assert from 'node:assert/strict'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { selfSigned } from '../support/authority.ts'
import { eventually } from '../support/eventually.ts'
import { get, startGateway } from '../support/gateway.ts'
import { entryOf, storeOf } from '../support/registered.ts'
import { CLI } from '../support/registry-store.ts'

// What makes a certificate trusted is what `trust` says: a chain, its entry in the registry, either, or both.

const OUTCOMES = {
  ca: { registered: 'certificate_unknown_issuer', chain: 200, both: 200 },
  registry: { registered: 200, chain: 'certificate_not_registered', both: 200 },
  either: { registered: 200, chain: 200, both: 200 },
  both: { registered: 'certificate_unknown_issuer', chain: 'certificate_not_registered', both: 200 },
} as const

for (const [word, outcomes] of Object.entries(OUTCOMES)) {
  test(`trust: ${word}`, async (t) => {
    const gateway = await startGateway(t, {
      tls: `trust: ${word}`,
      workers: 2,
      rolesMapping: 'reader:\n  users: [alice, mallory, self]\n',
    })
    const store = storeOf(gateway, t)
    const stranger = await selfSigned({ subject: 'CN=self' })
    store.registry.add([entryOf(stranger, null)], CLI)
    store.registry.add([entryOf(gateway.mallory, gateway.authority)], CLI)
    const outcomeFor = async (who: typeof stranger) => {
      const answer = await gateway.ask(get('/x'), who)
      return answer.status === 200 ? 200 : answer.json().code
    }
    const all = async () => ({
      registered: await outcomeFor(stranger),
      chain: await outcomeFor(gateway.alice),
      both: await outcomeFor(gateway.mallory),
    })
    // Each worker is told by itself: both have to answer so.
    await eventually('the registry to count everywhere', async () => {
      for (let round = 0; round < 8; round++) assert.deepEqual(await all(), outcomes)
      return true
    })
  })
}

test('without `trust` and `store` it starts as it always did, with an empty registry for nobody else to read', async (t) => {
  const gateway = await startGateway(t)
  assert.equal((await gateway.ask(get('/x'))).status, 200)
  const refused = await gateway.ask(get('/x'), await selfSigned({ subject: 'CN=alice' }))
  assert.deepEqual([refused.status, refused.json().code], [403, 'certificate_unknown_issuer'])
  for (const name of ['certgate.db', 'certgate.db.base']) {
    const file = join(gateway.folder, 'data', name)
    assert.ok(existsSync(file), file)
    assert.equal(statSync(file).mode & 0o777, 0o600, file)
  }
})
