import { connect, type Socket } from 'node:net'
import { eventually } from '../../support/eventually.ts'
import { get } from '../../support/gateway.ts'
import { type FaultGateway, limitedEntry, startFaultGateway } from '../harness/gateway.ts'
import { Load } from '../harness/load.ts'
import { cpuShare } from '../harness/sampler.ts'
import type { Fault, FaultContext } from '../harness/types.ts'

export const descriptors: Fault = {
  name: 'descriptors',
  promise: 'file descriptors run out: who is connected goes on, no busy loop, and when there is room again all is as before',
  run,
}

const LIMIT = 200

async function run(context: FaultContext): Promise<void> {
  const { report, short, t } = context
  const gateway = await startFaultGateway(context, { entry: limitedEntry(t, `ulimit -n ${LIMIT}`) })
  // One after the other, so that each has its connection to the upstream already.
  const kept = new Load(gateway, { clients: 6, pause: 5 })
  await kept.more(200)
  for (let round = 0; round < (short ? 1 : 10); round++) {
    const sockets = Array.from({ length: 4 * LIMIT }, () => connect(gateway.port, '127.0.0.1').on('error', () => {}))
    t.after(() => close(sockets))
    await gateway.program.line(/"level":"error".*out of file descriptors/)
    await kept.more(300)
    const share = await cpuShare(gateway.program.pid, 2_000)
    report.figure('share of a processor while there are none left', Math.round(share * 100) / 100)
    report.bound('no busy loop', share < 1, share)
    const { workers } = await gateway.status()
    report.bound('the admin socket answers', workers.length === 2)
    await close(sockets)
    await eventually('room again', async () => answered(gateway), 30_000)
    // From here on nobody is turned away: each worker has heard of the ends.
    await eventually(
      'all workers to have room',
      async () => (await Promise.all(Array.from({ length: 20 }, () => answered(gateway)))).every(Boolean),
      30_000,
    )
    const after = new Load(gateway, { clients: 4, fresh: true })
    await after.more(50)
    await after.stop()
    report.add(after.counts)
    report.bound('afterwards new connections are answered', after.counts.lost === 0, after.lossReasons)
  }
  await kept.stop()
  report.add(kept.counts)
  report.bound('who is connected is answered all the time', kept.counts.lost === 0, kept.lossReasons)
  const workers = await gateway.serving()
  report.bound(
    'no worker was replaced',
    workers.every(({ restarts }) => restarts === 0),
  )
}

async function answered(gateway: FaultGateway): Promise<boolean> {
  return gateway.ask(get('/load/room')).then(
    ({ status }) => status === 200,
    () => false,
  )
}

function close(sockets: readonly Socket[]): Promise<unknown> {
  return Promise.all(
    sockets.map((socket) => {
      socket.destroy()
      return socket.closed || new Promise((resolve) => socket.once('close', resolve))
    }),
  )
}
