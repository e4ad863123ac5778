import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MappingStore } from '../../../../src/admin/mapping/mapping-store.ts'
import { openSearchApi } from '../../../../src/admin/opensearch/opensearch-api.ts'
import { administeredFiles, asking, callerWith } from '../../../support/administered-files.ts'

describe('authinfo, whoami and health', () => {
  it('tells the caller who they are, by certificate and never by password', async (t) => {
    const files = await administeredFiles(t)
    const ask = asking([openSearchApi(files.context, new MappingStore(files.context))])
    const caller = callerWith(files, 'ValidUser', 'CLIENT0')
    const expected = {
      user: 'User [name=CLIENT0, backend_roles=[clearance:ValidUser], requestedTenant=null]',
      user_name: 'CLIENT0',
      remote_address: '192.0.2.7',
      backend_roles: ['clearance:ValidUser'],
      custom_attribute_names: [],
      roles: ['readall'],
      principal: 'CN=CLIENT0,O=Acme',
      peer_certificates: '1',
    }
    const headers = { authorization: `Basic ${Buffer.from('root:secret').toString('base64')}` }
    for (const line of ['GET /_plugins/_security/authinfo', 'POST /_opendistro/_security/authinfo', 'GET /_plugins/_security/authinfo/'])
      assert.deepEqual((await ask(line, { caller, headers })).json, expected, line)
  })

  it('says of somebody without a certificate that there is none', async (t) => {
    const files = await administeredFiles(t)
    const ask = asking([openSearchApi(files.context, new MappingStore(files.context))])
    const { json } = await ask('GET /_plugins/_security/authinfo')
    assert.deepEqual(json, {
      user: null,
      user_name: null,
      remote_address: null,
      backend_roles: [],
      custom_attribute_names: [],
      roles: [],
      principal: null,
      peer_certificates: '0',
    })
  })

  it('says whether the caller is an administrator', async (t) => {
    const files = await administeredFiles(t)
    const ask = asking([openSearchApi(files.context, new MappingStore(files.context))])
    const caller = callerWith(files, 'ClusterAdmin')
    const admin = { dn: 'CN=alice,O=Acme', is_admin: true, is_node_certificate_request: false }
    assert.deepEqual((await ask('GET /_plugins/_security/whoami', { caller })).json, admin)
    assert.deepEqual((await ask('GET /_opendistro/_security/api/whoami', { caller })).json, admin)
    const nobody = (await ask('GET /_plugins/_security/whoami', { caller: callerWith(files, null) })).json
    assert.equal((nobody as { is_admin: boolean }).is_admin, false)
  })

  it('is well, and says 503 once the store cannot be read', async (t) => {
    const files = await administeredFiles(t)
    const store = { audit: { head: () => assert.fail('closed') } } as unknown as typeof files.context.store
    const well = asking([openSearchApi(files.context, new MappingStore(files.context))])
    const unwell = asking([openSearchApi({ ...files.context, store }, new MappingStore(files.context))])
    const caller = callerWith(files, null)
    const up = await well('GET /_plugins/_security/health', { caller })
    assert.deepEqual([up.status, up.json], [200, { message: null, mode: 'strict', status: 'UP' }])
    const down = await unwell('GET /_plugins/_security/health', { caller })
    assert.deepEqual([down.status, down.json], [503, { message: 'Not initialized', mode: 'strict', status: 'DOWN' }])
    assert.equal((await unwell('GET /_plugins/_security/health?mode=lenient', { caller })).status, 200)
  })
})
