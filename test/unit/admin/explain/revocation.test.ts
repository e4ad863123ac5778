/** The step of explain about revocation: what is known decides as it would a handshake, and nobody is asked. */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { EventHub } from '../../../../src/admin/event-hub.ts'
import type { Explanation } from '../../../../src/admin/explain/explanation.ts'
import { gatewayApi } from '../../../../src/admin/v1/gateway-api.ts'
import { leafOf } from '../../../../src/certificates/entry-facts.ts'
import type { KnownStatus, StatusQuestion } from '../../../../src/tls/status-types.ts'
import { AT_SOCKET, administeredFiles, asking } from '../../../support/administered-files.ts'
import { responders } from '../../../support/foreign-authority.ts'
import { newEntry } from '../../../support/registry-store.ts'

const SAID = Date.UTC(2030, 0, 31, 12)
const HOUR = 3_600_000
const GOOD: KnownStatus = {
  status: 'good',
  detail: '',
  saidAt: SAID,
  endsAt: SAID + HOUR,
  stale: false,
  asked: 'no',
  urls: ['http://ocsp'],
}
const NOTHING: KnownStatus = { ...GOOD, status: 'unknown', saidAt: null, endsAt: null, asked: 'first' }

const config = (tls: string) => `listeners:
  main:
    address: 127.0.0.1:8443
    tls:
      certificate: { cert: server.crt, key: server.key }
      clientauth_mode: REQUIRE
      client_ca: [ca.crt]
      trust: either
      ${tls}
roles_mapping: roles_mapping.yml
upstreams:
  search: { targets: ["http://127.0.0.1:9200"] }
routes:
  - { name: all, path: /**, allow: [readall], upstream: search }
`

/** CLIENT0 of the trusted CA, explained while this is known of it. */
async function explained(t: TestContext, tls: string, known: KnownStatus | null = null) {
  const questions: StatusQuestion[] = []
  const knownStatus = (question: StatusQuestion) => {
    questions.push(question)
    return known ?? NOTHING
  }
  const made = await administeredFiles(t, { config: config('#'), knownStatus })
  const issued = await made.authority.issue({ subject: 'CN=CLIENT0', extensions: [responders('http://ocsp')] })
  made.write('clean.crl', made.authority.crl())
  made.write('revoking.crl', made.authority.crl({ revoked: [issued.serial] }))
  made.write('certgate.yml', config(tls))
  const { outcome, problems } = await made.context.reload({ name: 'cli', fingerprint: null })
  assert.equal(outcome, tls === '#' ? 'unchanged' : 'loaded', JSON.stringify(problems))
  const ask = asking(gatewayApi(made.context, new EventHub()))
  const explain = async (claim: object = { certificate: issued.certificate }) => {
    const { json, status, text } = await ask('POST /api/v1/explain', { body: { ...claim, method: 'GET', url: '/x' } })
    assert.equal(status, 200, text)
    return json as Explanation
  }
  const stepOf = ({ steps }: Explanation) => {
    const step = steps.find(({ step: name }) => name === 'revocation')
    assert.ok(step !== undefined)
    return { outcome: step.outcome, summary: step.summary, lines: step.lines.map(({ snippet }) => snippet) }
  }
  return { ...made, issued, questions, explain, stepOf, ask }
}

const OCSP = 'ocsp: { validate: true }'
const LENIENT = 'ocsp: { validate: true, on_unavailable: allow }'

describe('explain about revocation', () => {
  it('says that nothing is checked where nothing is', async (t) => {
    const { explain, stepOf } = await explained(t, '#')
    const said = await explain()
    assert.deepEqual(said.revocation, { on: false, checks: [] })
    assert.deepEqual(stepOf(said), { outcome: 'passed', summary: 'not checked: neither crl nor ocsp is on here', lines: [] })
    assert.equal(stepOf(await explain({ cn: 'CLIENT0' })).summary, 'not checked: only a name was given, and no certificate')
    assert.equal((await explain({ cn: 'CLIENT0' })).revocation, null)
  })

  it('tells a known answer with its age, and the line that asks for it', async (t) => {
    const { explain, stepOf, questions } = await explained(t, OCSP, GOOD)
    const said = await explain()
    assert.equal(said.allowed, true)
    assert.deepEqual(stepOf(said), {
      outcome: 'passed',
      summary: 'good by OCSP, said 2030-01-31 12:00 UTC, until 2030-01-31 13:00 UTC',
      lines: ['ocsp: { validate: true }'],
    })
    const [check] = said.revocation?.checks ?? []
    assert.deepEqual([check?.subject, check?.outcome], ['CN=CLIENT0', 'good'])
    assert.deepEqual(check?.answers, [
      {
        source: 'ocsp',
        status: 'good',
        detail: null,
        said_at: '2030-01-31T12:00:00.000Z',
        ends_at: '2030-01-31T13:00:00.000Z',
        stale: false,
        asked: 'no',
        urls: ['http://ocsp'],
        on_unavailable: 'deny',
      },
    ])
    assert.ok(questions.every(({ source, url }) => source === 'ocsp' && url === null) && questions.length > 0)
  })

  it('says what comes of an answer that nobody has yet: refused, or let through', async (t) => {
    const denied = await explained(t, OCSP)
    const said = await denied.explain()
    const detail = `its status by OCSP (serial ${denied.issued.serial} of CN=Test CA,O=Acme) is not known yet; it is asked for at the handshake, and this comes of it without an answer`
    assert.deepEqual([said.allowed, said.reason, said.detail], [false, 'certificate_status_unknown', detail])
    assert.deepEqual(denied.stepOf(said), { outcome: 'stopped', summary: detail, lines: ['ocsp: { validate: true }'] })
    assert.equal(said.steps.find(({ step }) => step === 'chain')?.outcome, 'passed')
    const allowed = await explained(t, LENIENT)
    const passed = await allowed.explain()
    assert.deepEqual([passed.allowed, passed.revocation?.checks[0]?.outcome], [true, 'unknown'])
    assert.match(allowed.stepOf(passed).summary, /is not known yet; .*, and on_unavailable: allow lets it through$/)
    const failed = await explained(t, OCSP, { ...NOTHING, asked: 'no', detail: 'http://ocsp: it answers 503' })
    assert.match((await failed.explain()).detail ?? '', /is not known: http:\/\/ocsp: it answers 503$/)
  })

  it('tells what counts past its end, and what is asked for anew', async (t) => {
    const stale = await explained(t, OCSP, { ...GOOD, stale: true, asked: 'first' })
    const said = await stale.explain()
    assert.equal(said.allowed, true)
    assert.equal(
      stale.stepOf(said).summary,
      'good by OCSP, said 2030-01-31 12:00 UTC, ended 2030-01-31 13:00 UTC and counts by stale_grace; asked for anew at the handshake, and this counts without an answer',
    )
    const due = await explained(t, OCSP, { ...GOOD, asked: 'meanwhile' })
    assert.match(due.stepOf(await due.explain()).summary, /; asked for anew beside the handshake$/)
  })

  it('refuses whom a source revokes, whatever another one says', async (t) => {
    const { explain, stepOf } = await explained(t, `${OCSP}\n      crl: { validate: true, files: [clean.crl] }`, {
      ...GOOD,
      status: 'revoked',
      detail: 'http://ocsp says revoked',
    })
    const said = await explain()
    assert.deepEqual([said.reason, said.detail], ['certificate_revoked', 'http://ocsp says revoked'])
    assert.deepEqual(stepOf(said).outcome, 'stopped')
    const [check] = said.revocation?.checks ?? []
    assert.deepEqual(
      [check?.outcome, check?.answers.map(({ source, status }) => `${source} ${status}`)],
      ['refused', ['file good', 'ocsp revoked']],
    )
  })

  it('looks at configured lists, without asking what lists are named elsewhere', async (t) => {
    const clean = await explained(t, 'crl: { validate: true, files: [clean.crl] }')
    const said = await clean.explain()
    assert.match(clean.stepOf(said).summary, /^good by the configured lists, until \d{4}-\d\d-\d\d \d\d:\d\d UTC$/)
    assert.deepEqual([clean.stepOf(said).lines, clean.questions], [['crl: { validate: true, files: [clean.crl] }'], []])
    const revoking = await explained(t, 'crl: { validate: true, files: [revoking.crl] }')
    const refused = await revoking.explain()
    assert.deepEqual([refused.reason, revoking.stepOf(refused).outcome], ['certificate_revoked', 'stopped'])
    assert.match(revoking.stepOf(refused).summary, /is revoked by .*revoking\.crl$/)
  })

  it('leaves a certificate that the registry revoked to the chain, and tells the matrix the same', async (t) => {
    const { explain, stepOf, context, issued, ask } = await explained(t, OCSP, { ...GOOD, status: 'revoked', detail: 'says revoked' })
    const { pin, certificate } = leafOf(issued.der)
    const facts = { der: issued.der, pin, name: 'CLIENT0', subjectDn: certificate.dn, notAfter: certificate.notAfter }
    const [entry] = context.store.registry.add([newEntry(facts)], AT_SOCKET.actor)
    const { json } = await ask('GET /api/v1/access')
    const { identities } = json as {
      identities: readonly { readonly cells: readonly { readonly reason: string; readonly detail: string }[] }[]
    }
    assert.deepEqual([identities[0]?.cells[0]?.reason, identities[0]?.cells[0]?.detail], ['certificate_revoked', 'says revoked'])
    context.store.registry.revoke(entry?.fingerprint ?? '', 'keyCompromise', AT_SOCKET.actor)
    const said = await explain({ fingerprint: entry?.fingerprint })
    assert.deepEqual([said.reason, stepOf(said).outcome], ['certificate_revoked', 'not_reached'])
    assert.equal(said.steps.find(({ step }) => step === 'chain')?.outcome, 'stopped')
  })
})
