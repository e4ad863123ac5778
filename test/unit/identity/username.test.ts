import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCertificate } from '../../../src/identity/certificate.ts'
import { ExpressionError } from '../../../src/identity/expression-error.ts'
import { ANONYMOUS_NAME, type PeerCertificate } from '../../../src/identity/types.ts'
import { compileIdentityRule, type IdentityOutcome, type IdentityRuleSettings } from '../../../src/identity/username.ts'
import { selfSigned } from '../../support/authority.ts'
import { contextPrimitive, tlv } from '../../support/der.ts'
import type { SubjectSpec } from '../../support/subject.ts'

const { key } = await selfSigned()

async function certificate(subject: SubjectSpec, san?: readonly (string | Uint8Array)[]): Promise<PeerCertificate> {
  const { der } = await selfSigned({ key, subject, ...(san ? { san } : {}) })
  return { ...readCertificate(der), fingerprint: 'f', fingerprintSha1: 's', derBase64: der.toString('base64'), chainBase64: [], caKeys: [] }
}

async function identify(
  rule: Partial<IdentityRuleSettings>,
  subject: SubjectSpec,
  san?: readonly (string | Uint8Array)[],
): Promise<IdentityOutcome> {
  const settings = { name: 'clients', usernameAttribute: 'cn', rolesAttribute: null, skipUsers: [], onMissing: 'refuse', ...rule } as const
  return compileIdentityRule(settings).identify(await certificate(subject, san))
}

async function nameOf(...args: Parameters<typeof identify>): Promise<string> {
  const outcome = await identify(...args)
  if (outcome.kind === 'identity') return outcome.identity.name
  return outcome.kind === 'skipped' ? `skipped by ${outcome.pattern}` : `unusable: ${outcome.reason}`
}

test('an identity carries the name, the DN, the domain and the certificate', async () => {
  const outcome = await identify({ rolesAttribute: 'dn:ou' }, 'CN=alice,OU=ops,OU=dev,O=T')
  assert(outcome.kind === 'identity')
  const { identity } = outcome
  assert.deepEqual(
    [identity.name, identity.dn, identity.source, identity.domain, identity.backendRoles],
    ['alice', 'CN=alice,OU=ops,OU=dev,O=T', 'clientcert', 'clients', ['ops', 'dev']],
  )
  assert.equal(identity.certificate?.fingerprint, 'f')
})

test('of several common names the innermost is the name', async () => {
  assert.equal(
    await nameOf({}, [
      { type: 'CN', value: 'outer' },
      { type: 'CN', value: 'inner' },
    ]),
    'inner',
  )
  assert.equal(await nameOf({}, 'CN=inner,OU=x,CN=outer'), 'inner')
})

test('two common names in one RDN have no order, so neither is the name', async () => {
  assert.match(await nameOf({}, 'CN=alice+CN=bob'), /unusable: one RDN holds 'cn' more than once/)
  assert.equal(await nameOf({}, 'CN=alice+UID=1'), 'alice')
})

test('without username_attribute the full DN is the name', async () => {
  assert.equal(await nameOf({ usernameAttribute: null }, 'CN=alice,OU=ops'), 'CN=alice,OU=ops')
})

test('another attribute, or a SAN, may be the name', async () => {
  assert.equal(await nameOf({ usernameAttribute: 'dn:uid' }, 'UID=7,CN=alice'), '7')
  const sans = [
    'DNS:a.test',
    'email:alice@x',
    'email:alice@y',
    'IP:10.0.0.1',
    'UPN:al@corp',
    'dirName:CN=x,O=y',
    'RID:1.2.3',
    'URI:spiffe://t/alice',
  ]
  const names: [string, string][] = [
    ['san:rfc822Name', 'alice@x'],
    ['san:rfc822Name:*@y', 'alice@y'],
    ['san:dNSName', 'a.test'],
    ['san:iPAddress', '10.0.0.1'],
    ['san:otherName:1.3.6.1.4.1.311.20.2.3:*', '1.3.6.1.4.1.311.20.2.3:al@corp'],
    ['san:directoryName', 'CN=x,O=y'],
    ['san:registeredID', '1.2.3'],
    ['san:uniformResourceIdentifier:spiffe://t/*', 'spiffe://t/alice'],
  ]
  for (const [usernameAttribute, name] of names) assert.equal(await nameOf({ usernameAttribute }, 'CN=bob', sans), name)
})

test('a missing attribute is refused, or the DN where the rule says so', async () => {
  assert.equal(await nameOf({}, 'O=T'), "unusable: the certificate has nothing that 'cn' names")
  assert.equal(await nameOf({ onMissing: 'dn' }, 'O=T'), 'O=T')
  const spiffe = 'san:uniformResourceIdentifier:spiffe://*'
  assert.match(await nameOf({ usernameAttribute: spiffe }, 'CN=a', ['URI:https://x']), /unusable/)
  assert.equal(await nameOf({ usernameAttribute: spiffe, onMissing: 'dn' }, 'CN=a', ['URI:https://x']), 'CN=a')
})

test('a common name elsewhere is never the name', async () => {
  const cases: [SubjectSpec, string[]][] = [
    ['O=x/CN\\=admin', []],
    ['L=Somewhere\\, CN \\= admin', []],
    ['EMAILADDRESS=admin', ['DNS:admin', 'dirName:CN=admin', 'email:admin@x']],
  ]
  for (const [subject, san] of cases) assert.match(await nameOf({}, subject, san), /unusable: the certificate has nothing/)
})

test('names are taken as they are: case, spaces, composition, look-alikes', async () => {
  for (const name of [
    'ADMIN',
    'admin ',
    ' admin',
    'ad  min',
    'adm\u0131n',
    'e\u0301ric',
    '\ufeffadmin',
    'ad\u200dmin',
    '__proto__',
    'null',
    '0123',
    '*',
    '.*',
    '/.*/',
    '🙂',
  ]) {
    assert.equal(await nameOf({}, [{ type: 'CN', value: name }]), name)
  }
})

test('every string type gives the same name', async () => {
  for (const encoding of ['utf8', 'printable', 'ia5', 't61', 'bmp', 'universal'] as const) {
    assert.equal(await nameOf({}, [{ type: 'CN', value: 'admin', encoding }]), 'admin')
  }
})

test('a value that is no string is no name, and no other value takes its place', async () => {
  const bits = tlv(0x03, Buffer.from([0, 0x61]))
  const subject = [
    { type: 'CN', value: 'alice' },
    { type: 'CN', value: bits },
  ]
  assert.match(await nameOf({}, subject), /unusable: the value of 'cn' is not a character string/)
  assert.equal(await nameOf({ usernameAttribute: null }, subject), 'CN=#03020061,CN=alice')
})

test('control characters anywhere in the subject or the SANs make a certificate nobody', async () => {
  for (const value of ['a\0b', 'a\r\nX: y', 'a\x7f', 'a\x1b[2J', 'a\u0085', 'a\u2028', '\u202enimda']) {
    assert.equal(await nameOf({}, [{ type: 'CN', value }]), 'unusable: the subject holds control characters')
    assert.equal(
      await nameOf({}, [
        { type: 'O', value },
        { type: 'CN', value: 'bob' },
      ]),
      'unusable: the subject holds control characters',
    )
    assert.equal(await nameOf({ usernameAttribute: null }, [{ type: 'CN', value }]), 'unusable: the subject holds control characters')
  }
  assert.match(await nameOf({}, 'CN=bob', [contextPrimitive(2, Buffer.from('admin\0.test'))]), /unusable: a dNSName .* control characters/)
  assert.match(await nameOf({}, 'CN=bob', ['dirName:CN=a\\0D']), /unusable: a directoryName .* control characters/)
  assert.equal(await nameOf({}, 'CN=bob', ['dirName:CN=a\\\\0D']), 'bob')
})

test('an empty subject is refused even where a SAN could name somebody', async () => {
  assert.equal(await nameOf({ usernameAttribute: 'san:dNSName' }, [], ['DNS:a.test']), 'unusable: the subject is empty')
})

test('an empty or blank name is refused, and is not the same as a missing one', async () => {
  for (const value of ['', ' ', '\u00a0', '\u3000'])
    assert.equal(await nameOf({ onMissing: 'dn' }, [{ type: 'CN', value }]), 'unusable: the name is blank')
})

test('a name that no header can take is refused', async () => {
  assert.equal(
    await nameOf({}, [{ type: 'CN', value: 'a'.repeat(4_097) }]),
    'unusable: the name is 4097 bytes long, at most 4096 are taken',
  )
  assert.equal((await nameOf({}, [{ type: 'CN', value: 'é'.repeat(2_048) }])).length, 2_048)
})

test('one value that reads as a whole DN is refused: only structure is structure', async () => {
  for (const value of ['CN=bob,OU=admins', 'cn=admin', 'E=x', '2.5.4.3=admin', 'CN="a, b"']) {
    assert.match(await nameOf({}, [{ type: 'CN', value }]), /unusable: the value of 'cn' reads as a distinguished name/)
  }
  assert.match(await nameOf({ usernameAttribute: 'san:rfc822Name' }, 'CN=bob', ['email:CN=admin,O=T']), /reads as a distinguished name/)
  for (const value of ['a,b', 'bob=CN=admin', "' OR 1=1--", 'bob,By=spiffe://lab/a;Hash=1'])
    assert.equal(await nameOf({}, [{ type: 'CN', value }]), value)
})

test('two SPIFFE URIs are refused where a URI is the name, whatever the glob', async () => {
  const two = ['URI:spiffe://t/bob', 'URI:SPIFFE://t/admin']
  for (const usernameAttribute of ['san:uniformResourceIdentifier', 'san:uniformResourceIdentifier:*bob']) {
    assert.match(await nameOf({ usernameAttribute }, 'CN=bob', two), /unusable: the certificate holds more than one SPIFFE URI/)
  }
  assert.equal(await nameOf({}, 'CN=bob', two), 'bob')
  assert.equal(
    await nameOf({ usernameAttribute: 'san:uniformResourceIdentifier' }, 'CN=bob', ['URI:https://x', 'URI:spiffe://t/bob']),
    'https://x',
  )
})

test('nobody can be called anonymous', async () => {
  assert.match(await nameOf({}, [{ type: 'CN', value: ANONYMOUS_NAME }]), /unusable: the name 'opendistro_security_anonymous' is kept/)
})

test('skip_users are patterns on the printed DN, judged before anything else', async () => {
  assert.equal(await nameOf({ skipUsers: ['CN=probe,*'] }, 'CN=probe,O=T'), 'skipped by CN=probe,*')
  assert.equal(
    await nameOf(
      { skipUsers: ['/CN=p.*/'] },
      [
        { type: 'CN', value: 'p' },
        { type: 'O', value: 'x\n' },
      ].reverse(),
    ),
    'skipped by /CN=p.*/',
  )
  assert.equal(await nameOf({ skipUsers: ['cn = probe, o = "T"'] }, 'CN=probe,O=T'), 'skipped by cn = probe, o = "T"')
  for (const skipUsers of [[''], ['probe'], ['CN=probe'], ['cn=*,O=T'], ['CN=PROBE,O=T']])
    assert.equal(await nameOf({ skipUsers }, 'CN=probe,O=T'), 'probe')
})

async function rolesOf(rolesAttribute: string, subject: SubjectSpec, san?: string[]): Promise<readonly string[][]> {
  const outcome = await identify({ rolesAttribute, usernameAttribute: 'cn' }, subject, san)
  assert(outcome.kind === 'identity')
  return [[...outcome.identity.backendRoles], [...outcome.droppedRoles]]
}

test('every match of roles_attribute is a backend role, once, most specific first', async () => {
  assert.deepEqual(await rolesOf('dn:ou', 'CN=a,OU=x,OU=y,OU=x,OU=z+OU=w,O=T'), [['x', 'y', 'w', 'z'], []])
  assert.deepEqual(await rolesOf('san:dNSName:*.role', 'CN=a', ['DNS:b.role', 'DNS:a.test', 'DNS:a.role']), [['b.role', 'a.role'], []])
  assert.deepEqual(await rolesOf('dn:ou', 'CN=a'), [[], []])
})

test('a comma in a role is part of one role', async () => {
  assert.deepEqual(await rolesOf('dn:ou', 'CN=a,OU=x\\,admin'), [['x,admin'], []])
})

test('reserved backend roles are dropped and reported', async () => {
  const subject = 'CN=a,OU=clearance:ClusterAdmin,OU=Clearance:x,OU=DB:orders:Admin,OU=ops,OU=clearances:x,OU=mydb:x,OU=\\ db:x'
  assert.deepEqual(await rolesOf('dn:ou', subject), [
    ['ops', 'clearances:x', 'mydb:x', ' db:x'],
    ['clearance:ClusterAdmin', 'Clearance:x', 'DB:orders:Admin'],
  ])
})

test('values that are blank or no strings are no roles', async () => {
  const subject = [
    { type: 'OU', value: '' },
    { type: 'OU', value: ' ' },
    { type: 'OU', value: tlv(0x04, Buffer.from('x')) },
    { type: 'CN', value: 'a' },
  ]
  assert.deepEqual(await rolesOf('dn:ou', subject), [[], []])
})

test('a rule that cannot work is refused when it is compiled', () => {
  const settings = { name: 'd', usernameAttribute: 'cn', rolesAttribute: null, skipUsers: [], onMissing: 'refuse' } as const
  for (const wrong of [{ usernameAttribute: 'dn:foo' }, { rolesAttribute: 'san:dns' }, { skipUsers: ['/(/'] }]) {
    assert.throws(() => compileIdentityRule({ ...settings, ...wrong }), ExpressionError)
  }
})
