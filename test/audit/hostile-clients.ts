import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { CHECKOUT } from '../support/checkout.ts'
import type { Lifetime } from '../support/lifetime.ts'
import { PYTHON_PACKAGES, pythonWith } from '../support/outside-program.ts'

/** One hostile client, as `programs/` tells it. */
export interface HostileCase {
  /** Of the list of all, which is how the program knows it. */
  readonly number: number
  readonly theme: string
  readonly name: string
  /** How the gateway has to answer it: a status (with the code of the refusal), an alert, or `closed`. */
  readonly answer: string
  /** As whom the upstream sees its request where the answer is a 200; null: as nobody. */
  readonly user: string | null
}

const PROGRAM = join(CHECKOUT, 'test/audit/programs/run.py')
/** Far more than a case takes, which gives up by itself after less. */
const CASE_TIMEOUT = 120_000

const environment = { ...process.env, PYTHONPATH: PYTHON_PACKAGES, PYTHONDONTWRITEBYTECODE: '1' }
const python = () => pythonWith('tlslite') ?? 'python3'

export function hostileCases(): readonly HostileCase[] {
  const { status, stdout, stderr, error } = spawnSync(python(), [PROGRAM, '--list'], { env: environment, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${PROGRAM} --list failed: ${error ?? stderr}`)
  return (JSON.parse(stdout) as Omit<HostileCase, 'number'>[]).map((one, number) => ({ ...one, number }))
}

/** The program, started once for all cases. */
export class HostileClients {
  readonly #child: ChildProcess
  readonly #lines: Interface
  #stderr = ''

  constructor(t: Lifetime, description: string) {
    const child = spawn(python(), [PROGRAM, description], { env: environment, stdio: ['pipe', 'pipe', 'pipe'] })
    child.stderr.on('data', (bytes: Buffer) => {
      this.#stderr += bytes
    })
    // Where it has ended, `run` says so.
    child.stdin.on('error', () => {})
    this.#child = child
    this.#lines = createInterface({ input: child.stdout })
    t.after(() => child.kill('SIGKILL'))
  }

  /** What came of the case. */
  run({ number }: HostileCase): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const fail = (why: string) => reject(new Error(`the client ${why}; it said: ${this.#stderr}`))
    const answered = (line: string) => resolve(JSON.parse(line))
    const ended = () => fail('has ended')
    const timer = setTimeout(() => fail('said nothing for too long'), CASE_TIMEOUT)
    this.#lines.once('line', answered).once('close', ended)
    this.#child.stdin?.write(`${number}\n`)
    return promise.finally(() => {
      clearTimeout(timer)
      this.#lines.off('line', answered).off('close', ended)
    })
  }
}
