import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Entrant } from '../cases/types.ts'
import { peerNamed } from '../peers/index.ts'
import { prepareUpstream, type UpstreamContent } from '../peers/upstream.ts'
import { type Child, dieCleanly, start } from './children.ts'
import { type Answer, ask } from './client.ts'
import { BenchError } from './errors.ts'
import { type Cores, chooseCores } from './machine.ts'
import { createPki, type Pki } from './pki.ts'
import { freePort } from './ports.ts'
import { isInstalled, requireTools } from './tools.ts'

/** A contender that accepts connections. */
export interface Contender {
  readonly entrant: Entrant
  readonly port: number
  readonly child: Child
  readonly accessLog: string
}

const READY_TIMEOUT = 40_000

/** A temporary folder, certificates, the upstream, and the contenders of the moment; gone when the bench ends, however it ends. */
export class Lab {
  readonly cores: Cores
  readonly pki: Pki
  readonly upstream: UpstreamContent
  readonly #folder: string
  readonly #upstreamPort: number
  readonly #useSetpriv: boolean
  #started = 0

  private constructor(folder: string, cores: Cores, pki: Pki, upstream: UpstreamContent, upstreamPort: number, useSetpriv: boolean) {
    this.#folder = folder
    this.cores = cores
    this.pki = pki
    this.upstream = upstream
    this.#upstreamPort = upstreamPort
    this.#useSetpriv = useSetpriv
  }

  /** Throws BenchError where something it needs is missing. */
  static async open(): Promise<Lab> {
    requireTools(['taskset', 'nginx'])
    const cores = chooseCores()
    const folder = mkdtempSync(join(tmpdir(), 'certgate-bench-'))
    dieCleanly(() => rmSync(folder, { recursive: true, force: true }))
    const pki = await createPki(folder)
    const port = await freePort()
    const upstream = prepareUpstream(subfolder(folder, 'upstream'), port)
    const useSetpriv = isInstalled('setpriv')
    const child = start('upstream', { ...upstream, output: join(folder, 'upstream.log'), cpus: [cores.generators] }, useSetpriv)
    await acceptsHttp(port, child)
    return new Lab(folder, cores, pki, upstream, port, useSetpriv)
  }

  /** Starts one contender on its processor and waits until it answers over TLS. Rejects with BenchError where it does not. */
  async start(entrant: Entrant): Promise<Contender> {
    const folder = subfolder(this.#folder, `${++this.#started}-${entrant.peer}`)
    const accessLog = join(folder, 'access.log')
    const [port, telemetryPort] = [await freePort(), await freePort()]
    const site = { folder, port, telemetryPort, upstreamPort: this.#upstreamPort, pki: this.pki.files, accessLog }
    const command = peerNamed(entrant.peer).prepare(site, entrant.setup)
    const launch = { ...command, output: join(folder, 'output.log'), cpus: [this.cores.contenders] }
    const child = start(entrant.label, launch, this.#useSetpriv)
    try {
      await this.#answers(entrant, port, child)
    } catch (error) {
      await child.stop()
      throw error
    }
    return { entrant, port, child, accessLog }
  }

  async #answers(entrant: Entrant, port: number, child: Child): Promise<Answer> {
    for (const deadline = Date.now() + READY_TIMEOUT; ; ) {
      child.assertAlive()
      try {
        return await ask({ port, path: '/100', client: this.pki.client, ca: this.pki.ca })
      } catch (cause) {
        if (Date.now() > deadline) throw new BenchError(`${entrant.label} does not answer on port ${port}: ${cause}`, null, { cause })
      }
      await wait(50)
    }
  }
}

async function acceptsHttp(port: number, child: Child): Promise<void> {
  for (const deadline = Date.now() + READY_TIMEOUT; ; await wait(20)) {
    child.assertAlive()
    const answer = await fetch(`http://127.0.0.1:${port}/100`).catch(() => null)
    await answer?.arrayBuffer()
    if (answer?.status === 200) return
    if (Date.now() > deadline) throw new BenchError(`the upstream does not answer on port ${port}`)
  }
}

function subfolder(folder: string, name: string): string {
  const path = join(folder, name)
  mkdirSync(path)
  return path
}
