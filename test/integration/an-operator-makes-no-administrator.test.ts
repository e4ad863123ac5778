/** The promise: whoever may issue certificates cannot issue themselves a right that they lack, by any name or field, over the wire. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { type AdministeredGateway, type Client, startAdministeredGateway } from '../support/administered-gateway.ts'
import { fileLifetime } from '../support/lifetime.ts'

const lifetime = fileLifetime()
let gateway: AdministeredGateway
let operator: Client
before(async () => {
  gateway = await startAdministeredGateway(lifetime as Parameters<typeof startAdministeredGateway>[0])
  operator = await gateway.make('olga', 'Operator')
})

const known = async (): Promise<string[]> => {
  const { Results } = JSON.parse((await gateway.ask('GET /admin/certificates?metadataOnly=true', { client: operator })).body.toString())
  return (Results as { Name: string; SecurityClearance: string }[]).map((one) => `${one.Name} ${one.SecurityClearance}`).sort()
}

describe('an Operator is refused', () => {
  const bodies = {
    // CN=admin has the role admin by the mapping, whatever its clearance.
    'the name of the administrator': { Name: 'admin', SecurityClearance: 'ValidUser' },
    'its look-alike in another case': { Name: 'Admin', SecurityClearance: 'ClusterAdmin' },
    ClusterAdmin: { Name: 'new', SecurityClearance: 'ClusterAdmin' },
    ClusterNode: { Name: 'new', SecurityClearance: 'ClusterNode' },
    'a clearance that is none': { Name: 'new', SecurityClearance: 'SuperAdmin' },
    'a name with structure': { Name: 'new\n,CN=admin', SecurityClearance: 'ValidUser' },
  }
  for (const [what, body] of Object.entries(bodies)) {
    test(what, async () => {
      const before = await known()
      const answer = await gateway.ask('POST /admin/certificates', { client: operator, body: JSON.stringify(body) })
      assert.ok([400, 403].includes(answer.status), `${answer.status}: ${answer.body}`)
      assert.deepEqual(await known(), before)
    })
  }

  test('the name of the administrator by our own API and by a token, too', async () => {
    const before = await known()
    for (const path of ['certificates', 'tokens']) {
      const body = JSON.stringify({ name: 'admin', clearance: 'ValidUser' })
      const headers = { 'content-type': 'application/json' }
      const answer = await gateway.ask(`POST /api/v1/${path}`, { client: operator, body, headers })
      assert.equal(answer.status, 403, `${path}: ${answer.body}`)
    }
    assert.deepEqual(await known(), before)
  })
})

test('and may issue what is below', async () => {
  const answer = await gateway.ask('POST /admin/certificates', {
    client: operator,
    body: JSON.stringify({ Name: 'val', SecurityClearance: 'ValidUser' }),
  })
  assert.equal(answer.status, 200, `${answer.body}`)
  assert.ok((await known()).includes('val ValidUser'))
})
