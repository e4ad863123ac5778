import assert from 'node:assert/strict'
import test from 'node:test'
import { authorityNode, inForce, parseCertificate } from '../../../src/tls/authority-node.ts'
import { createAuthority } from '../../support/authority.ts'

const node = ({ certificate }: { readonly certificate: string }) => authorityNode(parseCertificate(certificate))
const second = (time: number) => new Date(Math.floor(time / 1_000) * 1_000)

test('self-signed is who signed with the own key, not who bears the own name', async () => {
  const root = await createAuthority('CN=root')
  assert.ok(node(root).selfSigned)
  // A key of the root certified by its predecessor, as in RFC 4210 section 4.4: self-issued, and no place where chains end.
  const successor = await root.intermediate('CN=root', { authorityKeyId: null, subjectKeyId: null })
  assert.equal(node(successor).subjectName, node(successor).issuerName)
  assert.ok(!node(successor).selfSigned)
})

test('a certificate is in force from its first moment to its last, both included', async () => {
  const [notBefore, notAfter] = [second(Date.now()), second(Date.now() + 60_000)]
  const authority = node(await createAuthority('CN=brief', { notBefore, notAfter }))
  const at = (time: number) => inForce(authority, time)
  assert.deepEqual(
    [at(notBefore.getTime() - 1), at(notBefore.getTime()), at(notAfter.getTime()), at(notAfter.getTime() + 1)],
    [false, true, true, false],
  )
})
