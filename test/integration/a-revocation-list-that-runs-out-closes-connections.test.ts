/** The promise: when what a certificate's standing rests on runs out, its live connections go within about a second, streams included. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { askReload } from '../../src/control/administration/admin-client.ts'
import { get, startGateway } from '../support/gateway.ts'

test('idle and streaming connections end; a new one is refused and told why', async (t) => {
  const gateway = await startGateway(t)
  const reload = async () => assert.notEqual((await askReload(join(gateway.folder, 'admin.sock'), false)).outcome, 'failed')
  writeFileSync(join(gateway.folder, 'ca.crl'), gateway.authority.crl())
  const text = readFileSync(gateway.configFile, 'utf8')
  writeFileSync(
    gateway.configFile,
    text.replace('client_ca: [ca.crt]', 'client_ca: [ca.crt]\n      crl: { validate: true, files: [ca.crl] }'),
  )
  await reload()
  gateway.upstream.answer = (request, socket) => {
    if (request.target === '/stream') socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n')
    else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
  }
  const [idle, streaming] = await Promise.all([gateway.connect(), gateway.connect()])
  assert.equal((await idle.ask(get('/idle'))).status, 200)
  streaming.send(get('/stream'))
  await streaming.textMatching(/abc/)
  // Nobody's certificate: nothing of this is about it.
  const nobody = await gateway.connect(null)
  assert.equal((await nobody.ask(get('/public/x'))).status, 200)

  // Only now that all is open a list whose end is near, in the whole seconds that lists know.
  const runsOut = Math.ceil(Date.now() / 1000 + 2) * 1000
  writeFileSync(join(gateway.folder, 'ca.crl'), gateway.authority.crl({ nextUpdate: new Date(runsOut) }))
  await reload()
  const ends = await Promise.all([idle, streaming].map((client) => client.end().then(() => Date.now() - runsOut)))
  for (const late of ends) assert.ok(late > -50 && late < 3000, `ended ${late} ms after the list ran out`)
  assert.equal((await nobody.ask(get('/public/y'))).status, 200)
  const refused = await gateway.ask(get('/new'))
  assert.deepEqual([refused.status, refused.json().code], [403, 'certificate_status_unknown'])
  assert.ok(!gateway.upstream.requests.some(({ target }) => target === '/new'))
})
