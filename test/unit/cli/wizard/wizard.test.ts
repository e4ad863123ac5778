import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { test } from 'node:test'
import type { WizardAnswer } from '../../../../src/cli/wizard/answer.ts'
import type { Draft } from '../../../../src/cli/wizard/draft.ts'
import type { Made } from '../../../../src/cli/wizard/make.ts'
import { Wizard } from '../../../../src/cli/wizard/wizard.ts'
import { CertgateError } from '../../../../src/errors.ts'
import { createAuthority, encryptKey, temporaryFolder } from '../../../support/authority.ts'
import type { Lifetime } from '../../../support/lifetime.ts'

type Fields = Readonly<Record<string, string | { readonly name: string; readonly bytes: Buffer }>>

function begin(t: Lifetime, outcome: (draft: Draft) => Promise<Partial<Made>> = async () => ({})) {
  const { path: folder, write } = temporaryFolder(t as never)
  for (const name of ['ca', 'clients']) mkdirSync(`${folder}/${name}`)
  write('ca/ca.crt', 'the root')
  write('clients/admin.pfx', 'the pfx')
  const made: Draft[] = []
  let over = 0
  const wizard = new Wizard({
    draft: {
      names: '',
      serverNames: ['localhost'],
      addresses: { listen: '127.0.0.1:0', telemetry: '127.0.0.1:0', admin: '127.0.0.1:9443' },
      files: null,
      own: null,
      target: { kind: 'tcp', url: 'http://127.0.0.1:1', host: '127.0.0.1', port: 1, tls: false },
      warning: null,
      administrator: 'admin',
      password: null,
      answered: new Set(),
    },
    cwd: folder,
    folder: 'data',
    async make(draft) {
      made.push(draft)
      const gateway = { kind: 'runs' as const, port: 8443, curl: 'curl https://localhost:8443/' }
      const rest = { folder, askedNames: [], admin: '127.0.0.1:9443', password: 'made-up', gateway, ended: Promise.resolve(0) }
      return { ...rest, ...(await outcome(draft)) }
    },
    over: () => over++,
  })
  const get = (path: string) => wizard.answer({ method: 'GET', path, userAgent: 'X11 Chrome', form: null })
  /** As from a page that was opened at some time. */
  const sendOf = (page: WizardAnswer, path: string, fields: Fields) => {
    const all: Fields = { revision: /name="revision" value="(\d+)"/.exec(text(page))?.[1] ?? '', ...fields }
    return wizard.answer({
      method: 'POST',
      path,
      userAgent: '',
      form: {
        text: (field) => (typeof all[field] === 'string' ? all[field] : ''),
        file: (field) => (typeof all[field] === 'object' ? all[field] : null),
      },
    })
  }
  const send = async (path: string, fields: Fields) => sendOf(await get(path === '/make' ? '/review' : path), path, fields)
  const all = async () => {
    await send('/name', { names: 'gate.example', listen: '127.0.0.1:0' })
    await send('/ca', { ca: 'new' })
    await send('/upstream', { upstream: 'unix:none.sock' })
    return send('/admin', { administrator: 'admin', password_kind: 'generated' })
  }
  return { get, send, sendOf, all, made, over: () => over }
}

const text = ({ body }: WizardAnswer) => body.toString()
const to = ({ status, headers }: WizardAnswer) => [status, headers.Location]
const problemAt = (answer: WizardAnswer, field: string) =>
  new RegExp(`<p class="problem" id="${field}-problem">([^<]*)</p>`).exec(text(answer))?.[1]

test('one step after the other, and nothing is made before the last was confirmed', async (t) => {
  const { get, send, all, made } = begin(t)
  assert.deepEqual(to(await get('/')), [303, '/name'])
  assert.deepEqual(to(await get('/review')), [303, '/name'])
  assert.deepEqual(to(await send('/make', {})), [303, '/name'])
  assert.deepEqual(to(await all()), [303, '/review'])
  assert.equal(made.length, 0)
  const review = text(await get('/review'))
  // The pages lie below an address that they do not know.
  for (const path of ['/name', '/ca', '/upstream', '/admin', '/review', '/nothing'])
    assert.doesNotMatch(text(await get(path)), /(?:href|action)="\//, path)
  assert.match(text(await get('/a/b')), /href="\.\.\/"/)
  assert.match(review, /gate\.example, .*localhost/)
  assert.match(review, /Nothing answers at unix:\S+none\.sock \(no such file or directory\)/)
  assert.deepEqual(to(await send('/make', {})), [303, '/done'])
  assert.deepEqual([made.length, made[0]?.names, made[0]?.administrator], [1, 'gate.example', 'admin'])
  for (const path of ['/', '/name', '/review', '/make']) assert.deepEqual(to(await get(path)), [303, '/done'], path)
})

test('what does not do is told at its field with the reason, and kept', async (t) => {
  const { send } = begin(t)
  const name = await send('/name', { names: 'ok.example "><script>alert(1)</script>', listen: '8443' })
  assert.equal(name.status, 422)
  assert.match(problemAt(name, 'names') ?? '', /is neither a host name nor an IP address/)
  assert.match(problemAt(name, 'listen') ?? '', /^Expected an address such as/)
  assert.match(text(name), /value="ok\.example &quot;&gt;&lt;script&gt;alert\(1\)&lt;\/script&gt;"/)
  assert.ok(!text(name).includes('<script'))
  assert.match(text(name), /<input id="names"[^>]* aria-describedby="names-hint names-problem" aria-invalid="true" autofocus/)
  assert.match(problemAt(await send('/name', { names: '', listen: '0.0.0.0:9443' }), 'listen') ?? '', /takes the port of administration/)
  assert.match(problemAt(await send('/upstream', { upstream: 'ftp://x' }), 'upstream') ?? '', /is not a target/)
  const admin = { administrator: 'alice', password_kind: 'chosen' }
  for (const [fields, field, problem] of [
    [{ ...admin, administrator: '*' }, 'administrator', /for a pattern or a DN/],
    [{ ...admin, password: 'short', again: 'short' }, 'password', /has 5 characters, and 12 are the least/],
    [{ ...admin, password: 'long enough 1', again: 'long enough 2' }, 'again', /differ/],
    [{ ...admin, password_kind: 'generated', password: 'x' }, 'password', /one is to be made up/],
  ] as const) {
    const answer = await send('/admin', fields)
    assert.equal(answer.status, 422)
    assert.match(problemAt(answer, field) ?? '', problem)
    assert.ok(!/value="(?:short|long|x")/.test(text(answer)), 'no password is sent back')
  }
})

test('an own CA is uploaded with its password; the files are kept while that is wrong', async (t) => {
  const { send, get, all, made } = begin(t)
  const root = await createAuthority('CN=Corp Root')
  const certificate = { name: 'corp.crt', bytes: Buffer.from(root.certificate) }
  const key = { name: 'corp.crt', bytes: Buffer.from(encryptKey(root, 'sesam')) }
  assert.match(problemAt(await send('/ca', { ca: 'own' }), 'certificate') ?? '', /no file/i)
  assert.match(problemAt(await send('/ca', { ca: 'new', certificate }), 'certificate') ?? '', /beside a new authority/)
  assert.match(problemAt(await send('/ca', { ca: 'own', certificate }), 'key') ?? '', /holds no private key/)
  assert.match(problemAt(await send('/ca', { ca: 'own', key }), 'ca_password') ?? '', /has a password/)
  assert.match(problemAt(await send('/ca', { ca: 'own', ca_password: 'wrong' }), 'ca_password') ?? '', /does not open/)
  const other = { name: 'other.key', bytes: Buffer.from((await createAuthority('CN=Other')).key) }
  assert.match(problemAt(await send('/ca', { ca: 'own', key: other }), 'key') ?? '', /does not fit/)
  const taken = await send('/ca', { ca: 'own', key, ca_password: 'sesam' })
  assert.equal(taken.status, 303, text(taken))
  assert.match(text(await get('/ca')), /In use: <code>corp\.crt and corp\.crt<\/code>/)
  assert.equal((await send('/ca', { ca: 'own' })).status, 303)
  await send('/name', { names: '', listen: '127.0.0.1:0' })
  await send('/upstream', { upstream: 'http://127.0.0.1:1' })
  await send('/admin', { administrator: 'alice', password_kind: 'chosen', password: 'long enough 1', again: 'long enough 1' })
  assert.match(text(await get('/review')), /an issuing CA below CN=Corp Root/)
  assert.match(text(await get('/review')), /whoever else has &#39;alice&#39; as its common name has the role admin too/)
  await send('/make', {})
  assert.deepEqual([made[0]?.own?.own.issuer.facts.dn, made[0]?.password], ['CN=Corp Root', 'long enough 1'])
  await all()
})

test('where nothing could be made the reason is told, and it can be tried again', async (t) => {
  let fails = true
  const { send, get, all } = begin(t, async () => {
    if (fails) throw new CertgateError('file_exists', 'data/server.key already exists', { hint: 'nothing was written' })
    return {}
  })
  await all()
  const answer = await send('/make', {})
  assert.equal(answer.status, 422)
  assert.match(text(answer), /role="alert".*Data\/server\.key already exists\. Nothing was written\./s)
  fails = false
  assert.deepEqual(to(await get('/admin')), [200, undefined])
  assert.deepEqual(to(await send('/make', {})), [303, '/done'])
})

test('a second press waits for the first, and whoever comes meanwhile too', async (t) => {
  const gate = Promise.withResolvers<Partial<Made>>()
  const { sendOf, get, all, made } = begin(t, () => gate.promise)
  await all()
  const [review, admin] = [await get('/review'), await get('/admin')]
  const answers = [
    sendOf(review, '/make', {}),
    sendOf(review, '/make', {}),
    get('/name'),
    sendOf(admin, '/admin', { administrator: 'other', password_kind: 'generated' }),
  ]
  gate.resolve({})
  for (const answer of await Promise.all(answers)) assert.deepEqual(to(answer), [303, '/done'])
  assert.deepEqual(
    made.map(({ administrator }) => administrator),
    ['admin'],
  )
})

test('the password is shown once, and the PFX given out once', async (t) => {
  const { send, get, all, over } = begin(t)
  assert.equal((await get('/admin.pfx')).status, 404)
  assert.equal((await get('/ca.crt')).status, 404)
  await all()
  await send('/make', {})
  const first = await get('/done')
  assert.match(text(first), /made-up/)
  first.sent?.()
  assert.ok(!text(await get('/done')).includes('made-up'))
  assert.equal(text(await get('/ca.crt')), 'the root')
  const broken = await get('/admin.pfx')
  assert.equal((await get('/admin.pfx')).status, 410)
  broken.brokeOff?.()
  const whole = await get('/admin.pfx')
  assert.deepEqual([text(whole), whole.headers['Content-Disposition']], ['the pfx', 'attachment; filename="admin.pfx"'])
  assert.equal(over(), 0)
  whole.sent?.()
  assert.equal(over(), 1)
  assert.equal((await get('/admin.pfx')).status, 410)
})

test('a gateway that cannot start is told of, and ends the pages', async (t) => {
  const { send, get, all, over } = begin(t, async () => ({ gateway: { kind: 'failed', why: 'the port is <taken>' } }))
  await all()
  await send('/make', {})
  const done = await get('/done')
  assert.match(text(done), /could not start: the port is &lt;taken&gt;/)
  done.sent?.()
  assert.equal(over(), 1)
})

test('two tabs that answer the same question: the later one overwrites nothing unless it is told so', async (t) => {
  const { get, send, sendOf, all, made } = begin(t)
  await all()
  const stale = await get('/admin')
  await send('/admin', { administrator: 'alice', password_kind: 'generated' })
  const overtaken = await sendOf(stale, '/admin', { administrator: '<bob>', password_kind: 'generated' })
  assert.equal(overtaken.status, 409)
  assert.match(text(overtaken), /role="alert".*This was answered otherwise since this page was opened, in another tab perhaps/s)
  assert.match(text(overtaken), /value="&lt;bob&gt;"/, 'what was typed is kept')
  assert.match(text(await get('/review')), /alice, password/)
  // Of what is wrong in it is told once it counts.
  assert.equal((await sendOf(stale, '/admin', { administrator: '*', password_kind: 'generated' })).status, 409)
  assert.equal((await sendOf(overtaken, '/admin', { administrator: '*', password_kind: 'generated' })).status, 422)
  assert.deepEqual(to(await sendOf(overtaken, '/admin', { administrator: 'bob', password_kind: 'generated' })), [303, '/review'])
  // Of another question nothing was overtaken; pressed twice, or said in both, it is the same answer.
  const [name, admin] = [await get('/name'), await get('/admin')]
  assert.deepEqual(to(await sendOf(admin, '/admin', { administrator: 'carol', password_kind: 'generated' })), [303, '/review'])
  assert.deepEqual(to(await sendOf(admin, '/admin', { administrator: 'carol', password_kind: 'generated' })), [303, '/review'])
  assert.deepEqual(to(await sendOf(name, '/name', { names: 'other.example', listen: '127.0.0.1:0' })), [303, '/review'])
  await send('/make', {})
  assert.deepEqual([made[0]?.administrator, made[0]?.names], ['carol', 'other.example'])
})

test('what was looked at is what is made: a review that is older than an answer makes nothing', async (t) => {
  const { get, send, sendOf, all, made } = begin(t)
  await all()
  const stale = await get('/review')
  await send('/name', { names: 'other.example', listen: '127.0.0.1:0' })
  const overtaken = await sendOf(stale, '/make', {})
  assert.equal(overtaken.status, 409)
  assert.match(text(overtaken), /An answer was changed since this page was opened.*other\.example/s)
  assert.equal(made.length, 0)
  assert.deepEqual(to(await sendOf(overtaken, '/make', {})), [303, '/done'])
  assert.equal(made.length, 1)
})

test('answers of two tabs that arrive together are both kept', async (t) => {
  const { get, sendOf, send, all, made } = begin(t)
  await all()
  const pages = [await get('/name'), await get('/upstream')] as const
  const answers = await Promise.all([
    sendOf(pages[0], '/name', { names: 'both.example', listen: '127.0.0.1:0' }),
    sendOf(pages[1], '/upstream', { upstream: 'http://127.0.0.1:2' }),
  ])
  for (const answer of answers) assert.deepEqual(to(answer), [303, '/review'])
  await send('/make', {})
  assert.deepEqual([made[0]?.names, made[0]?.target.url], ['both.example', 'http://127.0.0.1:2'])
})
