/** Which page a change came from: told with its event, and nowhere else. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { it, type TestContext } from 'node:test'
import { Certificates } from '../../../../src/admin/certificates/certificates.ts'
import { EventHub } from '../../../../src/admin/event-hub.ts'
import { certificatesV1 } from '../../../../src/admin/v1/certificates.ts'
import { gatewayApi } from '../../../../src/admin/v1/gateway-api.ts'
import { AT_SOCKET, administeredFiles, asking } from '../../../support/administered-files.ts'
import { newEntry } from '../../../support/registry-store.ts'

const PAGE = 'page-0123456789abcdef'
const markOf = (page: string) => createHash('sha256').update(page).digest('hex').slice(0, 32)

async function opened(t: TestContext) {
  const files = await administeredFiles(t)
  const { store } = files.context
  const handlers = [certificatesV1(new Certificates(files.context)), ...gatewayApi(files.context, new EventHub())]
  const { der } = await files.authority.issue({ subject: 'CN=bob' })
  const [entry] = store.registry.add([newEntry({ der, name: 'bob', notAfter: Date.now() + 3_600_000 })], AT_SOCKET.actor)
  const line = (what: string) => `POST /api/v1/certificates/${entry?.fingerprint}/${what}`
  const pages = () => files.events.splice(0).map(({ kind, data }) => [kind, (data as { page: string | null }).page])
  return { files, store, ask: asking(handlers), line, pages }
}

it('a change tells a mark of the page that made it, from which nobody can make changes of that page', async (t) => {
  const { files, store, ask, line, pages } = await opened(t)
  const headers = { 'certgate-page': PAGE }
  assert.equal((await ask(line('disable'), { headers })).status, 200)
  assert.equal((await ask('PUT /api/v1/mapping.yml', { headers, body: 'readall: { users: [CLIENT1] }\n' })).status, 200)
  assert.deepEqual(pages(), [
    ['certificate', markOf(PAGE)],
    ['mapping', markOf(PAGE)],
  ])
  assert.equal((await ask(line('enable'), { headers: { 'certgate-page': markOf(PAGE) } })).status, 200)
  assert.notDeepEqual(pages(), [['certificate', markOf(PAGE)]])
  const told = JSON.stringify(store.audit.read({})) + files.read()
  assert.ok(!told.includes(PAGE) && !told.includes(markOf(PAGE)), 'neither is recorded')
})

it('who names no page, or what is none, is told as none', async (t) => {
  const { ask, line, pages } = await opened(t)
  const wrong = ['', 'short', 'x'.repeat(65), `${PAGE} x`, `${PAGE}, ${PAGE}`, `${PAGE}\n`, '"'.repeat(20), 'ß'.repeat(20)]
  for (const [index, page] of [undefined, ...wrong].entries()) {
    const headers: Record<string, string> = page === undefined ? {} : { 'certgate-page': page }
    assert.equal((await ask(line(index % 2 === 0 ? 'disable' : 'enable'), { headers })).status, 200)
  }
  assert.deepEqual(pages(), Array(wrong.length + 1).fill(['certificate', null]))
})

it('pages that change things at the same time are not taken for each other', async (t) => {
  const { ask, pages } = await opened(t)
  const names = Array.from({ length: 10 }, (_, index) => `${PAGE}-${index}`)
  const made = await Promise.all(
    names.map((page, index) =>
      ask('PUT /_opendistro/_security/api/rolesmapping/readall', {
        headers: { 'certgate-page': page },
        body: { users: [`user-${index}`] },
      }),
    ),
  )
  assert.deepEqual(new Set(made.map(({ status }) => status)), new Set([200]))
  assert.deepEqual(
    pages().map(([, page]) => page),
    names.map(markOf),
  )
})
