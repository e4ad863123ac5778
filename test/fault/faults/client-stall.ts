import { join } from 'node:path'
import { eventually } from '../../support/eventually.ts'
import { run as runProgram } from '../../support/outside-program.ts'
import { buildFlood } from '../harness/flood.ts'
import { type FaultGateway, startFaultGateway } from '../harness/gateway.ts'
import { Load } from '../harness/load.ts'
import { megabytes, Sampler, sampleOf } from '../harness/sampler.ts'
import { BIG, STALLING_CLIENTS } from '../harness/stalling-clients.ts'
import type { Fault, FaultContext } from '../harness/types.ts'

export const clientStall: Fault = {
  name: 'client-stall',
  promise: 'clients stall, vanish, flood and send garbage in every phase: each is cut off in time, and others notice nothing',
  run,
}

const LIMIT = 3_000
const LIMITS = 'handshake: 3s, head: 3s, body_idle: 3s, keepalive: 3s'
/** Beyond the limit: the sweep's interval, two seconds in which an answer may be read, and a machine that is busy. */
const GRACE = 10_000
/** All of it together, in bytes: buffers that stalled clients hold. */
const MEMORY = 200e6

async function run(context: FaultContext): Promise<void> {
  const { report, short, t, say } = context
  const flood = buildFlood(context)
  const gateway = await startFaultGateway(context, { limits: LIMITS })
  answerBig(gateway)
  const load = new Load(gateway, { clients: 4 })
  await load.more(100)
  const before = sampleOf(gateway.program.pid)
  const sampler = new Sampler(gateway.program.pid, 500)
  t.after(() => sampler.stop())
  const each = short ? 5 : 20
  const slowest = await Promise.all(
    [...STALLING_CLIENTS].map(async ([name, client]) => {
      const from = performance.now()
      const late = new Promise<string>((resolve) => setTimeout(resolve, LIMIT + GRACE, 'late').unref())
      const all = Promise.all(Array.from({ length: each }, () => client(gateway)))
      report.bound(`${name} is cut off in time`, (await Promise.race([all, late])) !== 'late')
      const took = performance.now() - from
      say(`${each} x ${name}: ended after ${Math.round(took)} ms`)
      return took
    }),
  )
  report.figure('kinds of stalls', `${STALLING_CLIENTS.size}, ${each} clients each`)
  report.figure('last stalled client cut off after, ms', Math.round(Math.max(...slowest)))
  for (const kind of ['renegotiate', 'key-update'] as const) {
    const { asked, end } = await flood(gateway, kind, 15)
    report.figure(`${kind} flood`, `${asked.toLocaleString('en')} before it was cut off`)
    report.bound(`a ${kind} flood is cut off`, end === 'closed')
  }
  await vanish(context, gateway, each)
  await load.more(100)
  await load.stop()
  report.add(load.counts)
  report.bound('other clients are answered', load.counts.lost === 0, load.lossReasons)
  await eventually('the descriptors to be given back', () => sampleOf(gateway.program.pid).descriptors <= before.descriptors, 30_000)
  const most = Math.max(...sampler.samples.map(({ pss }) => pss)) - before.pss
  report.figure('most memory held meanwhile', megabytes(most))
  report.bound(`stalled clients hold no more than ${megabytes(MEMORY)}`, most < MEMORY, megabytes(most))
}

function answerBig(gateway: FaultGateway): void {
  const { answer } = gateway.upstream
  const block = Buffer.alloc(BIG, 'x')
  gateway.upstream.answer = (request, socket) => {
    if (request.target !== '/big') return answer(request, socket)
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${BIG}\r\n\r\n`)
    socket.write(block)
  }
}

/** Connections whose client has lost its power: nothing comes any more, not even an end. */
async function vanish({ report, say }: FaultContext, gateway: FaultGateway, count: number): Promise<void> {
  const script = join(import.meta.dirname, '../programs/vanish.py')
  const { code, stderr } = await runProgram('python3', [script, `${gateway.port}`, `${count}`])
  if (code !== 0) say(`no vanishing clients: ${stderr.trim().split('\n').at(-1)}`)
  report.figure('clients that vanished without a word', code === 0 ? count : 'none: not permitted here')
}
