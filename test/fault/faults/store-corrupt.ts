import { randomBytes } from 'node:crypto'
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { selfSigned } from '../../support/authority.ts'
import { startProgram } from '../../support/program.ts'
import { entryOf, storeOf } from '../../support/registered.ts'
import { CLI } from '../../support/registry-store.ts'
import { type FaultGateway, startFaultGateway } from '../harness/gateway.ts'
import { Load } from '../harness/load.ts'
import { certgate } from '../harness/program-runs.ts'
import type { Fault, FaultContext } from '../harness/types.ts'

export const storeCorrupt: Fault = {
  name: 'store-corrupt',
  promise: 'the registry is overwritten: while it runs the last state stays in force, and a start is refused with the reason',
  run,
}

/** Ways to spoil a database, each told at the start. */
const DAMAGES: ReadonlyMap<string, (file: string) => void> = new Map([
  ['garbage at the beginning', (file) => overwrite(file, 0, randomBytes(100))],
  ['garbage throughout', (file) => overwrite(file, 0, randomBytes(statSync(file).size))],
  ['cut in half', (file) => truncateSync(file, statSync(file).size >> 1)],
  ['the schema zeroed', (file) => overwrite(file, 100, Buffer.alloc(3_000))],
  ['another file', (file) => writeFileSync(file, 'not a database\n'.repeat(1_000))],
])

async function run(context: FaultContext): Promise<void> {
  const { report, short, t } = context
  const gateway = await startFaultGateway(context)
  const data = join(gateway.folder, 'data')
  const file = join(data, 'certgate.db')
  const store = storeOf(gateway, t)
  const registered = await selfSigned({ subject: 'CN=alice' })
  store.registry.add([entryOf(registered, null)], CLI)
  store.close()
  await gateway.program.stop()
  const sound = join(gateway.folder, 'sound')
  copyFolder(data, sound)
  for (const [damage, spoil] of DAMAGES) {
    copyFolder(sound, data)
    spoil(file)
    const { code, stderr } = await certgate(['serve', '--config', gateway.configFile])
    report.bound(`${damage}: the start is refused`, code === 1, code)
    report.bound(`${damage}: and says why`, /store .* (is damaged|is not a database|is not one of certgate)/.test(stderr), stderr)
    report.bound(`${damage}: without a stack`, !/\n\s+at /.test(stderr), stderr)
  }
  report.figure('kinds of damage', DAMAGES.size)
  for (const [damage, spoil] of [...DAMAGES].slice(0, short ? 2 : DAMAGES.size)) {
    copyFolder(sound, data)
    await whileRunning(context, gateway, damage, () => spoil(file))
  }
}

/** It serves from what it has read; a worker that is replaced gets the same. */
async function whileRunning({ report, t }: FaultContext, gateway: FaultGateway, damage: string, spoil: () => void): Promise<void> {
  const program = await startProgram({ config: gateway.configFile }, t)
  const running: FaultGateway = Object.assign(Object.create(gateway), {
    port: program.port,
    connect: (client?: Parameters<FaultGateway['connect']>[0], more = {}) => gateway.connect(client, { port: program.port, ...more }),
  })
  const load = new Load(running, { clients: 4 })
  await load.more(100)
  spoil()
  await load.more(400)
  const change = await certgate(['cert', 'list', '--config', gateway.configFile])
  report.bound(`${damage}: what needs it says so, without a stack`, !/\n\s+at /.test(change.stderr), change.stderr)
  const before = await gateway.serving()
  report.bound(`${damage}: workers can be replaced`, (await gateway.reload(true)).outcome !== 'failed')
  await gateway.serving(before.map(({ pid }) => pid))
  await load.more(100)
  await load.stop()
  report.add(load.counts)
  report.bound(`${damage}: no request is lost`, load.counts.lost === 0, load.lossReasons)
  const { code } = await program.stop()
  report.bound(`${damage}: it can be stopped`, code === 0, code)
}

function copyFolder(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true })
  mkdirSync(to, { mode: 0o700 })
  for (const name of readdirSync(from)) copyFileSync(join(from, name), join(to, name))
}

function overwrite(file: string, at: number, bytes: Buffer): void {
  const descriptor = openSync(file, 'r+')
  writeSync(descriptor, bytes, 0, bytes.length, at)
  closeSync(descriptor)
}
