import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { ApiHandler } from '../../../src/admin/types.ts'
import type { AuthorityInfo } from '../../../src/cli/api-types.ts'
import { authorityText } from '../../../src/cli/ca-show.ts'
import { certificateList } from '../../../src/cli/cert-list.ts'
import { servedGateway as gateway, json } from './served-gateway.ts'
import { testTerminal } from './terminal.ts'

const NOW = Date.UTC(2026, 0, 1)

const authority: AuthorityInfo = {
  issuing: { subject: 'CN=issuing', not_after: '2035-12-30T00:00:00.000Z', key_type: 'ec' },
  problem: '',
  issuers: [
    {
      subject: 'CN=issuing',
      key_id: 'aa'.repeat(20),
      not_after: '2035-12-30T00:00:00.000Z',
      crl: { number: 7, this_update: '2025-12-30T00:00:00.000Z', next_update: '2026-01-06T00:00:00.000Z', revoked: 2 },
      signs: true,
    },
    { subject: 'CN=old', key_id: 'bb'.repeat(20), not_after: '2026-03-01T00:00:00.000Z', crl: null, signs: false },
  ],
  roots: [{ subject: 'CN=root', not_after: '2035-12-30T00:00:00.000Z', fingerprint: 'cc'.repeat(32) }],
  rotation: { overlap_until: '2026-03-01T00:00:00.000Z' },
}

describe('ca', () => {
  const answers: ApiHandler = async ({ method, path, query }) => {
    if (path === '/api/v1/ca') return json(200, authority)
    if (path === '/api/v1/ca/crl') return { status: 200, headers: {}, body: `-----BEGIN X509 CRL-----\n${query.get('issuer')}\n` }
    return method === 'POST' && path === '/api/v1/ca/rotate' ? json(201, authority) : null
  }

  it('show colours a list only where its renewal is late', () => {
    const at = (day: number) => new Date(NOW + day * 86_400_000).toISOString()
    const shown = (from: number, to: number) => {
      const [issuer] = authority.issuers
      assert.ok(issuer)
      const crl = { number: 1, revoked: 0, this_update: at(from), next_update: at(to) }
      const issuers = [{ ...issuer, not_after: at(3000), crl }]
      const root_lists = [{ subject: 'CN=root', key_id: 'b'.repeat(64), crl: { ...crl, this_update: at(-3640), next_update: at(3000) } }]
      return authorityText(
        { ...authority, rotation: null, roots: [], issuers, root_lists },
        testTerminal({ colour: true, columns: 200 }),
        NOW,
      )
    }
    const yellow = '\u001b[33m'
    // Seven days long, and signed anew after half of them.
    assert.ok(!shown(0, 7).includes(yellow) && !shown(-3, 4).includes(yellow))
    assert.ok(shown(-6, 1).includes(yellow))
    assert.match(shown(0, 7), /CN=root .*no .*#1, 0 revoked/)
  })

  it('show tells what signs, what is answered for and what is trusted', () => {
    const text = authorityText(authority, testTerminal(), NOW)
    assert.match(text, /^signs with CN=issuing \(ec\), until 2035-12-30 \(in \d+ days\)$/m)
    assert.match(text, /^rotation: the replaced root is trusted until 2026-03-01$/m)
    assert.match(text, /^CN=issuing {2}2035-12-30 {2}yes +#7, 2 revoked +2026-01-06 {2}(aa){20}$/m)
    assert.match(text, /^CN=old {6}2026-03-01 {2}no +none/m)
    assert.match(text, /^CN=root {6} 2035-12-30 {2}(cc){32}$/m)
  })

  it('show fails where nothing can be issued, and says why', async (t) => {
    const nothing = { issuing: null, problem: 'there is no authority', issuers: [], roots: [], rotation: null }
    const { run } = await gateway(t, async ({ path }) => (path === '/api/v1/ca' ? json(200, nothing) : null))
    const { code, stdout } = await run('ca', 'show')
    assert.deepEqual([code, stdout], [1, 'nothing can be issued: there is no authority\n'])
    assert.match((await run('ca', 'rotate', '--yes')).stderr, /^certgate: there is no authority to rotate: there is no authority$/m)
    assert.match((await run('ca', 'crl')).stderr, /^certgate: there is no revocation list: there is no authority$/m)
  })

  it('crl asks for each list that there is', async (t) => {
    const { run, asked, cwd } = await gateway(t, answers)
    assert.equal((await run('ca', 'crl')).stdout, `-----BEGIN X509 CRL-----\n${'aa'.repeat(20)}\n`)
    assert.equal((await run('ca', 'crl', '--out', 'x.crl')).stdout, 'wrote x.crl\n')
    assert.match(readFileSync(join(cwd, 'x.crl'), 'utf8'), /aaaa/)
    assert.equal((await run('ca', 'crl', '--out', 'x.crl')).code, 1)
    assert.ok(!asked.some((line) => line.includes('bbbb')))
  })

  it('rotate says what will happen, and does it only when told to', async (t) => {
    let sent = ''
    const { run, asked } = await gateway(t, async (request) => {
      if (request.method === 'POST') sent = request.body.toString()
      if (request.path === '/api/v1/ca') return json(200, { ...authority, rotation: null })
      return answers(request)
    })
    const refused = await run('ca', 'rotate', '--overlap', '30d')
    assert.equal(refused.code, 2)
    assert.match(refused.stderr, /^this replaces CN=issuing:$/m)
    assert.match(refused.stderr, /^hint: add --yes/m)
    assert.ok(!asked.some((line) => line.startsWith('POST')))
    const done = await run('ca', 'rotate', '--overlap', '30d', '--days', '3650', '--key-type', 'rsa4096', '--yes')
    assert.equal(done.code, 0)
    assert.deepEqual(JSON.parse(sent), { overlap_days: 30, days: 3650, key_type: 'rsa4096' })
    assert.equal((await run('ca', 'rotate', '--overlap', '90m', '--yes')).code, 2)
  })
})

describe('audit', () => {
  const actor = { name: 'cli', fingerprint: null, remote: null }
  const entry = (sequence: number) => ({
    ...{ sequence, at: '2026-01-01T00:00:00.000Z', actor, action: 'certificate.revoke', target: 'ab'.repeat(32), outcome: 'done' },
    details: { reason: 'keyCompromise' },
  })

  it('list says which user of the machine was behind a command, where that was told', async (t) => {
    const told = { ...entry(2), actor: { ...actor, os_user: 'root (sudo by alice)' } }
    const { run } = await gateway(t, async ({ path }) => (path === '/api/v1/audit' ? json(200, { entries: [told, entry(1)] }) : null))
    assert.match(
      (await run('audit', 'list')).stdout,
      / cli +certificate\.revoke [\s\S]* cli \(root \(sudo by alice\)\) +certificate\.revoke /,
    )
  })

  it('list shows the newest at the end, and passes every filter on', async (t) => {
    const { run, asked } = await gateway(t, async ({ path }) =>
      path === '/api/v1/audit' ? json(200, { entries: [entry(3), entry(2)] }) : null,
    )
    const filters = ['--since', '2026-01-01', '--action', 'certificate.*', '--actor', 'cli', '--target', 'x', '--limit', '2']
    const { stdout } = await run('audit', 'list', ...filters)
    assert.match(stdout, /^2 .*\n3 {2}2026-01-01 00:00:00 {2}cli {2}certificate\.revoke {2}abababababab {2}reason keyCompromise$/m)
    const query = new URLSearchParams(asked[0]?.split('?')[1])
    assert.deepEqual(
      ['since', 'action', 'actor', 'target', 'limit'].map((name) => query.get(name)),
      ['2026-01-01T00:00:00.000Z', 'certificate.*', 'cli', 'x', '2'],
    )
    assert.equal((await run('audit', 'list', '--limit', '1001')).code, 2)
    await run('audit', 'list', '--since', 'yesterday', '--until', 'Today')
    const days = new URLSearchParams(asked.at(-1)?.split('?')[1])
    const [since, until] = ['since', 'until'].map((name) => Date.parse(days.get(name) ?? ''))
    assert.deepEqual([(until ?? 0) - (since ?? 0), (since ?? 1) % 86_400_000], [86_400_000, 0])
    for (const [action, hint] of [
      ['certificate', "did you mean 'certificate.*'?"],
      ['certificate.revok', "did you mean 'certificate.revoke'?"],
      ['hurry', 'there is access, authority.rotate, '],
    ]) {
      const slip = await run('audit', 'list', '--action', action)
      assert.deepEqual([slip.code, slip.stderr.includes(`--action: there is no '${action}'\nhint: ${hint}`)], [2, true], slip.stderr)
    }
    const wrong = await run('audit', 'list', '--since', 'last week')
    assert.match(wrong.stderr, /'last week' is not a date\nhint: write it as 2030-01-31, /)
  })

  it('verify gives exit code 1 for a broken log', async (t) => {
    const broken = { ok: false, sequence: 4, problem: 'it was changed' }
    const { run, asked } = await gateway(t, async ({ path }) => (path === '/api/v1/audit/verify' ? json(200, broken) : null))
    const { code, stdout } = await run('audit', 'verify', '--expected-head', 'AB'.repeat(32))
    assert.deepEqual([code, stdout], [1, 'the audit log is broken at entry 4: it was changed\n'])
    assert.deepEqual(asked, [`GET /api/v1/audit/verify?head=${'ab'.repeat(32)}`])
  })

  it('export that breaks off leaves no file', async (t) => {
    const { run, cwd } = await gateway(t, async ({ path }) => {
      if (path !== '/api/v1/audit/export') return null
      const body = (async function* () {
        yield '{}\n'
        throw new Error('the disk is gone')
      })()
      return { status: 200, headers: {}, body }
    })
    assert.equal((await run('audit', 'export', 'log.jsonl')).code, 1)
    assert.throws(() => readFileSync(join(cwd, 'log.jsonl')), /ENOENT/)
  })

  it('verify says what is no export at all', async (t) => {
    const { run, cwd } = await gateway(t, async () => null)
    writeFileSync(join(cwd, 'notes'), 'hello\nworld\n')
    writeFileSync(join(cwd, 'empty'), '')
    for (const file of ['notes', 'empty']) {
      const { code, stdout, stderr } = await run('audit', 'verify', file)
      assert.deepEqual([code, stdout], [1, ''], file)
      assert.match(stderr, new RegExp(`^certgate: ${file} is not an export of the audit log\\nhint: `))
    }
  })

  it('verify names the first line of an export that is not as it was written', async (t) => {
    const { run, store, cwd } = await gateway(t, async () => null)
    for (const text of ['a', 'b\u2028c', 'd']) store.audit.append({ action: 'test', target: text }, { name: 'cli', fingerprint: null })
    const lines = await Array.fromAsync(store.audit.export())
    writeFileSync(join(cwd, 'good'), `${lines.join('\n')}\n`)
    writeFileSync(join(cwd, 'bad'), lines.with(1, (lines[1] ?? '').replace('"cli"', '"eve"')).join('\n'))
    writeFileSync(join(cwd, 'gap'), lines.toSpliced(1, 1).join('\n'))
    assert.match((await run('audit', 'verify', 'good')).stdout, /^the audit log is whole: 3 entries\nhead {2}[0-9a-f]{64}\n$/)
    assert.deepEqual([(await run('audit', 'verify', 'bad')).code, (await run('audit', 'verify', 'gap')).code], [1, 1])
    assert.match((await run('audit', 'verify', 'bad')).stdout, /broken at entry 2: it was changed/)
    assert.match((await run('audit', 'verify', 'gap')).stdout, /broken at entry 2: entry 2 is missing/)
  })
})

describe('cert list', () => {
  const certificate = {
    ...{ fingerprint: 'ab'.repeat(32), thumbprint: 'CD'.repeat(20), subject: '', issuer: '', serial: '', pin: '', sans: [] },
    ...{
      not_before: '',
      not_after: '2026-12-31T00:00:00.000Z',
      clearance: 'ClusterAdmin' as const,
      permissions: { movies: 'Read' as const },
    },
    ...{
      state: 'expiring' as const,
      revoked: null,
      disabled: false,
      refused_by: null,
      origin: 'issued',
      predecessor: null,
      group: '',
      created_at: '',
    },
    ...{ created_by: '', last_seen: '2025-12-29T00:00:00.000Z', name: 'a-machine-with-a-name-that-is-much-too-long.example' },
  }

  it('fits into 80 columns of a terminal, and tells more on a wider one', () => {
    const page = { total: 1, certificates: [certificate] }
    const narrow = certificateList(page, { filtered: false, wide: false }, testTerminal({ isTty: true, columns: 80 }), NOW)
    for (const line of narrow.split('\n')) assert.ok(line.length <= 80, line)
    assert.match(narrow, /^a-machine-with-a-na… {2}ClusterAdmin {2}expiring {2}2026-12-31 {2}3 days ago {2}CDCDCDCDCD\n {2}movies=Read$/m)
    const wide = certificateList(page, { filtered: false, wide: false }, testTerminal({ isTty: true, columns: 160 }), NOW)
    assert.match(wide, /much-too-long\.example {2}ClusterAdmin {2}expiring .* (CD){20} {2}movies=Read$/m)
  })

  it('tells two of one name apart, and that one has not begun', () => {
    const ahead = { ...certificate, name: 'bob', state: 'valid' as const, not_before: '2099-01-01T00:00:00.000Z', subject: 'CN=bob,O=A' }
    const page = { total: 1, certificates: [{ ...ahead, issuer: 'CN=foreign' }] }
    const text = certificateList(page, { filtered: false, wide: true }, testTerminal(), NOW)
    assert.match(text, /^name +subject +issuer +clearance .*\nbob +CN=bob,O=A +CN=foreign +ClusterAdmin +movies=Read +not yet valid /)
  })

  it('says what to do where there is none', () => {
    const empty = { total: 0, certificates: [] }
    assert.match(
      certificateList(empty, { filtered: false, wide: false }, testTerminal(), NOW),
      /^no certificate is registered\nnext: certgate cert generate NAME issues one/,
    )
    assert.equal(certificateList(empty, { filtered: true, wide: false }, testTerminal(), NOW), 'no certificate is like that\n')
  })

  it('says how many there are where not all are shown', () => {
    assert.match(
      certificateList({ total: 9, certificates: [certificate] }, { filtered: false, wide: false }, testTerminal(), NOW),
      /^1 of 9: narrow it/m,
    )
  })
})
