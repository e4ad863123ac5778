import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { load } from 'js-yaml'
import type { Terminal } from '../../../src/cli/command.ts'
import { dnCommand } from '../../../src/cli/dn.ts'
import { MaterialError, UsageError } from '../../../src/errors.ts'
import { compilePattern } from '../../../src/identity/pattern.ts'
import { createAuthority, temporaryFolder } from '../../support/authority.ts'
import { contextPrimitive } from '../../support/der.ts'

const authority = await createAuthority('CN=issuing,O=T')

async function run(cwd: string, ...args: string[]): Promise<string> {
  let output = ''
  const terminal: Terminal = { out: (text) => (output += text), err: assert.fail, isTty: false, colour: false, columns: 80, env: {}, cwd }
  assert.equal(await dnCommand.run(args, terminal), 0)
  return output
}

function usersOf(output: string): unknown {
  const { users } = load(output.slice(output.indexOf('  users:'))) as { users: unknown }
  return users
}

const sha = (algorithm: string, bytes: Uint8Array) => createHash(algorithm).update(bytes).digest('hex')

test('prints the strings that identify a certificate, and the lines to paste', async (t) => {
  const folder = temporaryFolder(t)
  const notBefore = new Date('2026-01-02T03:04:05Z')
  const notAfter = new Date('2027-01-02T03:04:05Z')
  const leaf = await authority.issue({
    subject: 'CN=alice,OU=ops',
    san: ['DNS:a.test', 'DNS:b.test', 'URI:spiffe://t/a'],
    serial: '0A1B',
    notBefore,
    notAfter,
  })
  folder.write('alice.crt', leaf.certificate)
  const spki = new X509Certificate(leaf.der).publicKey.export({ type: 'spki', format: 'der' })
  assert.equal(
    await run(folder.path, 'alice.crt'),
    `alice.crt
subject     CN=alice,OU=ops
cn          alice
san         dNSName:a.test
            dNSName:b.test
            uniformResourceIdentifier:spiffe://t/a
issuer      CN=issuing,O=T
serial      0A1B
valid       2026-01-02T03:04:05.000Z to 2027-01-02T03:04:05.000Z
sha256      ${sha('sha256', leaf.der)}
sha1        ${sha('sha1', leaf.der)}
key sha256  ${sha('sha256', spki)}

for roles_mapping.yml, one of
  users:
    - "alice"            # username_attribute: cn
    - "CN=alice,OU=ops"  # no username_attribute: the full DN
    - "a.test"           # username_attribute: san:dNSName
    - "spiffe://t/a"     # username_attribute: san:uniformResourceIdentifier
`,
  )
})

test('what is to be pasted is YAML that matches this name and no other', async (t) => {
  const folder = temporaryFolder(t)
  for (const name of [
    '*',
    '/.*/',
    '*.example.com',
    'Doe, "J" \\ x',
    "it's",
    'null',
    '0123',
    '~',
    '- a: b # c',
    '\ufeffadmin',
    ' padded ',
    '\u00e9',
    '😀',
    '{a}',
  ]) {
    const leaf = await authority.issue({
      subject: [
        { type: 'O', value: 'T' },
        { type: 'CN', value: name },
      ],
    })
    folder.write('c.crt', leaf.certificate)
    const [cn] = usersOf(await run(folder.path, 'c.crt')) as string[]
    assert.equal(typeof cn, 'string')
    const pattern = compilePattern(cn ?? '')
    assert.equal(pattern.matches(name), true, cn)
    for (const other of ['bob', '', 'a.example.com', 'x']) assert.equal(pattern.matches(other), false, `${cn} ${other}`)
    const { users } = JSON.parse(await run(folder.path, '--json', 'c.crt')) as { users: { user: string; yaml: string }[] }
    assert.equal(users[0]?.user, name)
    assert.equal(load(users[0]?.yaml ?? ''), cn)
  }
})

test('a certificate that is nobody says why, and no control character reaches the terminal', async (t) => {
  const folder = temporaryFolder(t)
  const leaf = await authority.issue({ subject: [{ type: 'CN', value: 'a\u001b[2Jb' }], san: [contextPrimitive(2, Buffer.from('x\r\ny'))] })
  folder.write('c.crt', leaf.certificate)
  const output = await run(folder.path, 'c.crt')
  assert.match(output, /^cn {10}"a\\u001b\[2Jb"$/m)
  assert.match(output, /^san {9}dNSName:"x\\r\\ny"$/m)
  assert.match(output, /# username_attribute: cn: the subject holds control characters/)
  assert.doesNotMatch(output.replaceAll('\n', ''), /[\u0000-\u001f\u007f]/)
  assert.equal(usersOf(output), null)
})

test('of a bundle the first certificate is read, and the output says so', async (t) => {
  const folder = temporaryFolder(t)
  const leaf = await authority.issue({ subject: 'CN=alice' })
  folder.write('bundle.pem', `Bag Attributes\n  friendlyName: x\n${leaf.key}${leaf.certificate}\n${authority.certificate}`)
  const output = await run(folder.path, 'bundle.pem')
  assert.match(output, /^bundle\.pem \(certificate 1 of 2; the others are not read\)\nsubject {5}CN=alice\n/)
  const { certificate, certificates } = JSON.parse(await run(folder.path, 'bundle.pem', '--json'))
  assert.deepEqual([certificate, certificates], [1, 2])
})

test('DER is read too, and a path may be absolute', async (t) => {
  const folder = temporaryFolder(t)
  const file = folder.write('alice.der', (await authority.issue({ subject: 'CN=alice' })).der)
  assert.match(await run('/', file), /^subject {5}CN=alice$/m)
})

test('a file without a usable certificate is an error that names it', async (t) => {
  const folder = temporaryFolder(t)
  const leaf = await authority.issue()
  const files: [content: string | Uint8Array, message: RegExp][] = [
    ['', /^f is neither a PEM nor a DER certificate$/],
    ['hello', /^f is neither/],
    [leaf.key, /^f holds no certificate but PRIVATE KEY$/],
    [leaf.certificate.replace(/-----END.*/, ''), /^the certificate at line 1 of f has no end$/],
    [`\n${leaf.certificate.replace('MII', '!II')}`, /^the certificate at line 2 of f is not base64$/],
    ['-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n', /not base64$/],
    [Buffer.concat([leaf.der, Buffer.from([0])]), /^the certificate in f is refused: the certificate is followed by more data/],
    [Buffer.from('300302010300', 'hex').subarray(0, 5), /^f is a PKCS#12 \(PFX\) file$/],
  ]
  for (const [content, message] of files) {
    folder.write('f', content)
    await assert.rejects(run(folder.path, 'f'), (error) => {
      assert(error instanceof MaterialError, String(error))
      assert.match(error.message, message)
      return true
    })
  }
  for (const [name, message] of [
    ['absent', /^cannot read absent: no such file$/],
    ['.', /^cannot read \.: it is a directory$/],
    ['/dev/zero', /^cannot read \/dev\/zero: it is a device, and only a regular file is read$/],
  ] as const) {
    await assert.rejects(run(folder.path, name), { code: 'material_unusable', message })
  }
})

test('wrong usage', async () => {
  await assert.rejects(run('/'), UsageError)
  await assert.rejects(run('/', 'a', 'b'), UsageError)
  await assert.rejects(run('/', '--jason', 'a'), /unknown flag --jason/)
})
