import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { servedGateway as gateway, json } from './served-gateway.ts'

const authority = {
  issuing: { subject: 'CN=issuing', not_after: '2035-12-30T00:00:00.000Z', key_type: 'ec' },
  problem: '',
  issuers: [],
  roots: [],
  rotation: null,
}

describe('ca rotate', () => {
  it('names the roots that end, and ends a CA of the user only when told to', async (t) => {
    const root = { subject: 'CN=Corp Root', not_after: '2035-12-30T00:00:00.000Z', fingerprint: 'cc'.repeat(32), ends_by_rotation: true }
    let own = true
    let sent = ''
    const { run, asked } = await gateway(t, async ({ method, body }) => {
      if (method === 'POST') sent = body.toString()
      return json(method === 'POST' ? 201 : 200, { ...authority, rotation: null, roots: [{ ...root, own }] })
    })
    const refused = await run('ca', 'rotate', '--yes')
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /^certgate: CN=Corp Root is a CA of your own: .*\nhint: add --new-root if that is meant/)
    assert.deepEqual(asked, ['GET /api/v1/ca'])
    const done = await run('ca', 'rotate', '--new-root', '--yes')
    assert.equal(done.code, 0)
    assert.match(done.stderr, /^ {2}trust in CN=Corp Root, your own CA, ends \d{4}-\d\d-\d\d$/m)
    assert.equal(JSON.parse(sent).new_root, true)
    own = false
    assert.match((await run('ca', 'rotate', '--overlap', '0', '--yes')).stderr, /^ {2}trust in CN=Corp Root ends at once$/m)
  })

  it('announces nothing while another rotation goes on', async (t) => {
    const rotation = { overlap_until: new Date(Date.now() + 86_400_000).toISOString() }
    const { run, asked } = await gateway(t, async ({ path }) => (path === '/api/v1/ca' ? json(200, { ...authority, rotation }) : null))
    const { code, stderr } = await run('ca', 'rotate', '--yes')
    assert.equal(code, 1)
    assert.match(
      stderr,
      /^certgate: the last rotation goes on until \d{4}-\d\d-\d\d\nhint: rotate again after that; with --overlap 0 at once, if a key is in wrong hands\n$/,
    )
    assert.deepEqual(asked, ['GET /api/v1/ca'])
  })
})
