/** While slowhttptest attacks in each of its ways, whoever else asks is answered every time, and nothing of the attack stays. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { type Gateway, get, startGateway } from '../support/gateway.ts'
import { fileLifetime } from '../support/lifetime.ts'
import { absent, run } from '../support/outside-program.ts'

/** Each with 400 connections at once; a second of `-i` is a pause that no default limit of a server ends. */
const MODES = {
  'slow heads (slowloris)': ['-H', '-i', '1', '-x', '24'],
  'slow bodies (RUDY)': ['-B', '-i', '1', '-s', '8192', '-x', '10'],
  'many ranges (Apache killer)': ['-R', '-a', '1', '-b', '3000'],
  'slow readers': ['-X', '-k', '3', '-n', '2', '-w', '10', '-y', '20', '-z', '16'],
}
const CONNECTIONS = 400

const lifetime = fileLifetime()
let gateway: Gateway
before(async () => {
  gateway = await startGateway(lifetime, { workers: 2, limits: '{ head: 3s, body_idle: 3s, keepalive: 3s }' })
  gateway.upstream.answer = (request, socket) => {
    const body = 'x'.repeat(request.target.includes('/public/') ? 200_000 : 2)
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${request.method === 'HEAD' ? '' : body}`)
  }
})

describe('slowhttptest', { skip: absent('slowhttptest') }, () => {
  for (const [what, mode] of Object.entries(MODES)) {
    test(what, async () => {
      const url = `https://localhost:${gateway.port}/public/x`
      const common = ['-c', `${CONNECTIONS}`, '-r', '200', '-l', '12', '-p', '3', '-u', url]
      gateway.upstream.requests.length = 0
      let running = true
      const attack = run('slowhttptest', [...mode, ...common], { timeout: 120_000 }).finally(() => {
        running = false
      })
      let answered = 0
      let most = 0
      const others = (async () => {
        while (running) {
          const client = await gateway.connect(gateway.alice, { localAddress: '127.0.0.2' })
          const response = await client.ask(get('/app/x', 'Connection: close\r\n'))
          assert.equal(response.status, 200)
          client.close()
          answered++
          most = Math.max(most, await open())
        }
      })()
      const [{ text, stderr }] = await Promise.all([attack, others])
      const report = `${text}${stderr}`.replaceAll(/\u001b\[[0-9;]*[A-Za-z]/g, '')
      assert.match(report, /service available:\s+YES/, report.slice(-2_000))
      assert.ok(answered > 20, `${answered} answers`)
      const ranges = gateway.upstream.requests.filter((request) => request.values('range').length > 0).length
      assert.ok(most > 50 || ranges > 50, `the attack had only ${most} connections at once, and ${ranges} ranges`)
      await eventually('all connections being given back', async () => (await open()) === 0, 20_000)
    })
  }
})

/** Client connections of all workers, by the gateway's own count. */
async function open(): Promise<number> {
  const [, telemetry] = await gateway.program.line(/(http:\/\/\S+) is open for telemetry/)
  const text = await (await fetch(`${telemetry}/metrics`)).text()
  return [...text.matchAll(/^certgate_connections_open\{[^}]*\} (\d+)/gm)].reduce((sum, [, count]) => sum + Number(count), 0)
}
