import assert from 'node:assert/strict'
import test from 'node:test'
import { DerReader } from '../../../src/identity/der.ts'
import { readDistributionPoints, readIssuingPoint } from '../../../src/tls/revocation-scope.ts'
import { createAuthority } from '../../support/authority.ts'
import * as der from '../../support/der.ts'
import { generalName } from '../../support/extensions.ts'

const root = await createAuthority('CN=root,O=Acme')
const issuer = [[{ oid: '2.5.4.10', value: 'Acme' }], [{ oid: '2.5.4.3', value: 'root' }]]
const uri = generalName('URI:http://crl.test/1')
const full = (...names: Buffer[]) => der.context(0, der.context(0, ...names))
/** nameRelativeToCRLIssuer: one RDN, here CN of this value. */
const relative = (value: string) => der.context(0, der.context(1, der.sequence(der.oid('2.5.4.3'), der.tlv(0x0c, Buffer.from(value)))))

async function named(...points: Buffer[]) {
  const issued = await root.issue({ extensions: [{ oid: '2.5.29.31', value: der.sequence(...points) }] })
  return readDistributionPoints(issued.der, issuer)
}

const issuing = (...parts: Buffer[]) => readIssuingPoint(new DerReader(der.sequence(...parts)), issuer).scope.points

test('a point is the same whether named in full, as a directory name or relative to the issuer', async () => {
  assert.deepEqual(issuing(full(uri)), await named(der.sequence(full(uri))))
  const directory = generalName('dirName:CN=list 1,CN=root,O=Acme')
  assert.deepEqual(issuing(full(directory)), issuing(relative('list 1')))
  assert.deepEqual(await named(der.sequence(relative('List  1'))), issuing(full(directory)))
  const long = 'x'.repeat(200)
  assert.deepEqual(issuing(relative(long)), issuing(full(generalName(`dirName:CN=${long},CN=root,O=Acme`))))
  assert.notDeepEqual(issuing(full(uri)), issuing(full(directory)))
})

test('points of another issuer, of some reasons only, or that cannot be read, name nothing', async () => {
  assert.deepEqual(await named(der.sequence(full(uri), der.contextPrimitive(1, Buffer.from([1, 0x40])))), [])
  assert.deepEqual(await named(der.sequence(full(uri), der.context(2, generalName('dirName:CN=other')))), [])
  assert.deepEqual(await named(der.sequence(der.context(0, der.nothing))), [])
  assert.deepEqual(readDistributionPoints((await root.issue()).der, issuer), [])
})

test('a list without a point of its own is not partitioned', () => {
  assert.deepEqual(readIssuingPoint(new DerReader(der.sequence()), issuer), { scope: { covers: 'all', points: null }, unusable: null })
})
