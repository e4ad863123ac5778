/** The promise: a worker whose measurements control cannot add up costs its own figures and the log a line, and nobody else anything. */
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { askReload, askStatus } from '../../src/control/administration/admin-client.ts'
import { temporaryFolder } from '../support/authority.ts'
import { get, startGateway } from '../support/gateway.ts'

/** In a worker: while a file is there, what it measures has another shape, as if another release had been installed meanwhile. */
const ODDITY = `import cluster from 'node:cluster'
import { existsSync } from 'node:fs'
if (cluster.isWorker) {
  const send = process.send.bind(process)
  process.send = (message, ...more) => {
    const odd = message.kind === 'metrics' && existsSync(process.env.CERTGATE_TEST_ODD)
    return send(odd ? { ...message, values: { ...message.values, requests: [7] } } : message, ...more)
  }
}
`

test('odd measurements are left out of the answer and a line in the log, also when their worker ends', async (t) => {
  const { write } = temporaryFolder(t)
  const odd = write('odd', '')
  const gateway = await startGateway(t, { env: { NODE_OPTIONS: `--import=${write('oddity.mjs', ODDITY)}`, CERTGATE_TEST_ODD: odd } })
  const admin = join(gateway.folder, 'admin.sock')
  const [telemetry] = await gateway.program.line(/http:\/\/127\.0\.0\.1:\d+(?=.*telemetry)/)
  const scrape = async () => {
    const response = await fetch(`${telemetry}/metrics`)
    return { status: response.status, text: await response.text() }
  }

  const without = await scrape()
  assert.equal(without.status, 200)
  assert.match(without.text, /^certgate_workers 0$/m)
  await gateway.program.line(/"level":"error".*measurements of worker \d+ are lost: a worker measures otherwise than control adds up/)

  const [worker] = (await askStatus(admin)).workers
  assert.equal((await askReload(admin, true)).outcome, 'unchanged')
  await gateway.program.line(new RegExp(`"level":"error".*measurements of worker ${worker?.pid} are lost: a worker measures otherwise`))
  assert.equal((await askStatus(admin)).pid, gateway.program.pid)
  assert.equal((await gateway.ask(get('/x'))).status, 200)

  rmSync(odd)
  const { status, text } = await scrape()
  assert.equal(status, 200)
  assert.match(text, /^certgate_requests_total\{.*route="all".*\} 1$/m)
})
