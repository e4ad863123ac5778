import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { selfSigned, temporaryFolder } from '../../support/authority.ts'
import { eventually } from '../../support/eventually.ts'
import { type FaultGateway, startFaultGateway } from '../harness/gateway.ts'
import { Load } from '../harness/load.ts'
import { certgate } from '../harness/program-runs.ts'
import { type Fault, type FaultContext, NotPermitted } from '../harness/types.ts'

export const diskFull: Fault = {
  name: 'disk-full',
  promise: 'the disk of access log and registry is full: requests go on, changes are refused with the reason, and room is all it takes',
  run,
}

async function run(context: FaultContext): Promise<void> {
  const { report, short } = context
  const disk = smallDisk(context)
  const log = join(disk, 'access.log')
  const gateway = await startFaultGateway(context, {
    accessLog: log,
    extra: `store: { sqlite: ${join(disk, 'certgate.db')} }`,
  })
  const load = new Load(gateway, { clients: 4 })
  await load.more(100)
  const trusted = async () => trust(gateway)
  report.bound('certificates are trusted before', (await trusted()).code === 0)
  for (let round = 0; round < (short ? 1 : 5); round++) {
    const filler = fill(disk)
    await load.more(short ? 2_000 : 5_000)
    const refused = await trusted()
    report.bound('a change is refused', refused.code === 1, refused.code)
    report.bound('and says why', /disk is full/.test(refused.stderr), refused.stderr)
    report.bound('a reload is taken up', (await gateway.reload()).outcome !== 'failed')
    const workers = await gateway.serving()
    report.bound(
      'no worker was replaced',
      workers.every(({ restarts }) => restarts === 0),
    )
    rmSync(filler)
    const after = await trusted()
    report.bound('with room again it is made', after.code === 0, after.stderr)
  }
  await load.more(100)
  await load.stop()
  report.add(load.counts)
  report.bound('no request is lost', load.counts.lost === 0, load.lossReasons)
  const last = `/load/last/${Date.now()}`
  const { status } = await gateway.ask(`GET ${last} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  report.bound('the next request is answered', status === 200, status)
  const lines = await eventually('the next line in the access log', () => {
    const all = readFileSync(log, 'utf8').split('\n').slice(0, -1)
    return all.some((line) => line.includes(last)) && all
  })
  const broken = lines.filter((line) => !isJson(line))
  report.figure('lines in the access log', lines.length)
  report.figure('of them cut off by the full disk', broken.length)
  // A write that a full disk cuts off has put its beginning there: one per worker and time.
  report.bound('only lines at the edge of the full disk are cut off', broken.length <= 2 * (short ? 1 : 5), broken.slice(0, 3))
  report.bound(
    'the log says that lines are lost',
    gateway.program.stderr.some((line) => /access-log lines were lost/.test(line)),
    gateway.program.stderr.slice(-5),
  )
}

function smallDisk({ t }: FaultContext): string {
  const { path } = temporaryFolder(t)
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=32m,mode=700', 'tmpfs', path], { encoding: 'utf8' })
  if (status !== 0) throw new NotPermitted(`needs root, to mount a small file system: ${stderr.trim()}`)
  t.after(() => spawnSync('umount', ['--lazy', path]))
  return path
}

function fill(folder: string): string {
  const file = join(folder, 'filler')
  const descriptor = openSync(file, 'w')
  const block = Buffer.alloc(4096)
  try {
    for (;;) writeSync(descriptor, block)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  } finally {
    closeSync(descriptor)
  }
  return file
}

let trusted = 0

/** Adds somebody to the registry, as an operator would. */
async function trust(gateway: FaultGateway) {
  const { certificate } = await selfSigned({ subject: `CN=trusted ${++trusted}` })
  const file = join(gateway.folder, `trusted${trusted}.crt`)
  const descriptor = openSync(file, 'w', 0o600)
  writeSync(descriptor, certificate)
  closeSync(descriptor)
  return certgate(['cert', 'trust', file, '--clearance', 'ValidUser', '--config', gateway.configFile])
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}
