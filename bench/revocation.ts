/**
 * How soon a revocation ends what is open: `npm run bench -- revocation [ROUNDS]`. Starts the real program with two workers, opens WebSockets
 * with a client certificate until both workers have some, runs `certgate cert revoke`, and times from the start of that command, and from
 * the store's own time of the revocation, to the last closed connection.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { WebSocket, WebSocketServer } from 'ws'

const run = promisify(execFile)
const SOCKETS = 20
const ENTRY = join(import.meta.dirname, '../bin/certgate')

const rounds = Number(process.argv[2] ?? 5)
if (!Number.isInteger(rounds) || rounds < 1) {
  process.stderr.write('usage: npm run bench -- revocation [ROUNDS]\n')
  process.exit(2)
}
const folder = mkdtempSync(join(tmpdir(), 'certgate-revocation-'))
const upstream = createServer()
new WebSocketServer({ server: upstream })
await once(upstream.listen(0, '127.0.0.1'), 'listening')
try {
  await measure()
} finally {
  upstream.close()
  upstream.closeAllConnections()
  rmSync(folder, { recursive: true })
}

async function measure(): Promise<void> {
  const config = join(folder, 'gate', 'certgate.yml')
  const target = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`
  await certgate('init', '--dir', join(folder, 'gate'), '--name', 'localhost', '--upstream', target)
  writeFileSync(
    config,
    readFileSync(config, 'utf8')
      .replace(/address: \S+:(?:8443|9443|9464)$/gm, 'address: 127.0.0.1:0')
      .replace('    upstream: ', '    upgrade: [websocket]\n    upstream: ')
      .replace('      - admin\n    upgrade', '      - authenticated\n    upgrade')
      .concat('workers: 2\n'),
  )
  const gateway = spawn(ENTRY, ['serve', '--config', config], { stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    const port = await portOf(gateway.stdout)
    const results = []
    for (let round = 0; round < rounds; round++) results.push(await revokeOne(`client-${round}`, port, config))
    for (const [index, what] of ['from the start of the command', 'from the revocation itself'].entries()) {
      const sorted = results.map((result) => result[index] as number).sort((a, b) => a - b)
      const [lowest, middle, highest] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)].map((value) => `${value?.toFixed(0)} ms`)
      process.stdout.write(`${SOCKETS} WebSockets closed, ${what.padEnd(30)} ${middle} (${lowest} to ${highest}, ${rounds} rounds)\n`)
    }
  } finally {
    gateway.kill()
    await once(gateway, 'exit')
  }
}

async function revokeOne(name: string, port: number, config: string): Promise<[number, number]> {
  const out = join(folder, name)
  await certgate('cert', 'generate', name, '--no-password', '--out', out, '--config', config)
  const [cert, key, ca] = [`${name}.crt`, `${name}.key`, 'ca.crt'].map((file) => readFileSync(join(out, file)))
  const sockets = Array.from({ length: SOCKETS }, () => new WebSocket(`wss://localhost:${port}/`, { cert, key, ca }))
  await Promise.all(sockets.map((socket) => once(socket, 'open')))
  const closed = Promise.all(
    sockets.map((socket) =>
      once(
        socket.on('error', () => {}),
        'close',
      ),
    ),
  ).then(() => Date.now())
  const started = Date.now()
  await certgate('cert', 'revoke', name, '--config', config)
  const ended = await closed
  const { stdout } = await certgate('cert', 'show', name, '--json', '--config', config)
  const { revoked } = JSON.parse(stdout) as { revoked: { at: string } }
  return [ended - started, ended - Date.parse(revoked.at)]
}

function certgate(...args: string[]): Promise<{ stdout: string }> {
  return run(ENTRY, args)
}

async function portOf(output: NodeJS.ReadableStream): Promise<number> {
  for await (const line of createInterface({ input: output })) {
    const url = /^certgate: ready on (\S+)/.exec(line)?.[1]
    if (url !== undefined) {
      output.resume()
      return Number(new URL(url).port)
    }
  }
  throw new Error('certgate ended before it was ready')
}
