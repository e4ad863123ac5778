import { spawn } from 'node:child_process'
import type { X509Certificate } from 'node:crypto'
import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { MaterialError, UsageError } from '../errors.ts'
import { parseArguments, type Terminal } from './command.ts'
import { EstClient, EstError } from './est-client.ts'
import { renewPair } from './est-renewal.ts'
import { readNamedText } from './named-file.ts'
import { type PairFiles, readPair, recoverPair } from './pair-files.ts'
import { type Before, DEFAULT_BEFORE, dueAt, parseBefore, retryDelay } from './renewal-time.ts'
import { shortPath } from './short-path.ts'

const FLAGS = {
  est: { type: 'string' },
  cert: { type: 'string' },
  key: { type: 'string' },
  ca: { type: 'string' },
  'new-key': { type: 'boolean' },
  before: { type: 'string' },
  watch: { type: 'boolean' },
  run: { type: 'string' },
} as const

/** Of the help: completion reads it. */
export const FILE_RENEWAL_FLAGS = `      --est URL        https://HOST:PORT of enrolment, pki.est of the gateway
      --cert FILE      the certificate and what stands above it, PEM
      --key FILE       its private key, PEM, not encrypted
      --ca FILE        root certificate of the gateway, PEM; default: the authorities that Node.js knows
      --new-key        make a new key with each renewal
      --before TIME    how long before its end: a part of its life, or a time such as 14d or 12h; default: 1/3
      --watch          go on
      --run COMMAND    run by sh after each renewal, with CERTGATE_CERT and CERTGATE_KEY set`

/** Looked at again that often: clocks are set, and files replaced by others. */
const LONGEST_SLEEP = 3_600_000

/** Whether `cert renew` is asked for files that it keeps, and not for an entry of the registry. */
export function isFileRenewal(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return (end === -1 ? args : args.slice(0, end)).some((arg) => /^--(est|watch)(=|$)/.test(arg))
}

export interface WatchServices {
  readonly now: () => number
  readonly random: () => number
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>
}

const SERVICES: WatchServices = {
  now: Date.now,
  random: Math.random,
  sleep: async (milliseconds, signal) => {
    await delay(milliseconds, undefined, { signal }).catch(() => {})
  },
}

/** `cert renew` with --est. */
export async function renewFiles(args: readonly string[], terminal: Terminal): Promise<number> {
  const { flags } = parseArguments('cert renew', args, FLAGS)
  const { est, cert, key, before, run } = flags
  if (est === undefined || cert === undefined || key === undefined)
    throw new UsageError('--est, --cert and --key are needed', "see 'certgate cert renew --help'")
  const files = { cert: resolve(terminal.cwd, cert), key: resolve(terminal.cwd, key) }
  const client = new EstClient({ url: est, ca: readAuthorities(flags.ca, terminal) })
  const ended = new AbortController()
  const renewal = new FileRenewal({
    client,
    files,
    terminal,
    newKey: flags['new-key'],
    before: before === undefined ? DEFAULT_BEFORE : parseBefore(before),
    command: run ?? null,
    signal: ended.signal,
    stamped: flags.watch,
  })
  renewal.begin()
  if (!flags.watch) return renewal.once()
  const end = () => ended.abort()
  process.on('SIGTERM', end).on('SIGINT', end)
  try {
    return await renewal.watch()
  } finally {
    process.off('SIGTERM', end).off('SIGINT', end)
  }
}

/** PEM of whom to trust for the gateway; null: none were named. Throws InputError, MaterialError. */
export function readAuthorities(file: string | undefined, terminal: Pick<Terminal, 'cwd'>): string | null {
  if (file === undefined) return null
  const text = readNamedText(file, terminal.cwd, 1024 * 1024)
  // Node takes any text, and then trusts nobody.
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text
  throw new MaterialError(file, `there is no certificate in ${file}`)
}

export interface FileRenewalOptions {
  readonly client: EstClient
  readonly files: PairFiles
  readonly newKey: boolean
  readonly before: Before
  readonly command: string | null
  readonly terminal: Terminal
  /** Ends the watch. */
  readonly signal: AbortSignal
  /** Each line begins with the time. */
  readonly stamped: boolean
}

/** Keeps one pair of files fresh. */
export class FileRenewal {
  readonly #options: FileRenewalOptions
  readonly #services: WatchServices
  #failures = 0
  /** Milliseconds since the epoch; 0: not yet. */
  #renewedAt = 0

  constructor(options: FileRenewalOptions, services: WatchServices = SERVICES) {
    this.#options = options
    this.#services = services
  }

  /** Makes good what a stop left, and sees that the files can be used at all. Throws MaterialError. */
  begin(): void {
    const { files } = this.#options
    if (recoverPair(files)) this.#say(`finished a renewal of ${this.#name} that was cut off`)
    readPair(files)
  }

  /** Resolves to the exit code; rejects where it could not be renewed. */
  async once(): Promise<number> {
    const due = this.#due()
    if (this.#services.now() < due.at) {
      this.#say(`${this.#name} is still fresh: valid until ${iso(due.end)}, to be renewed from ${iso(due.at)}`)
      return 0
    }
    return (await this.#renew()) ? 0 : 1
  }

  /** Resolves to the exit code once `signal` ends it, or once it can never succeed: whoever supervises it is to see that. */
  async watch(): Promise<number> {
    const { signal } = this.#options
    const { now, sleep } = this.#services
    const first = this.#due()
    this.#say(`watching ${this.#name}: valid until ${iso(first.end)}, to be renewed ${iso(first.at)}`)
    while (!signal.aborted) {
      const wait = await this.#turn(now())
      if (wait === null) return 1
      await sleep(Math.min(wait, LONGEST_SLEEP), signal)
    }
    this.#say('ended')
    return 0
  }

  /** Does what is due, and returns how long there is nothing to do; null: there never will be. */
  async #turn(now: number): Promise<number | null> {
    const { signal, terminal } = this.#options
    let left = 0
    try {
      const { at: due, end } = this.#due()
      left = end - now
      // Where `--before` is longer than a whole life it would else be renewed all the time.
      const at = this.#renewedAt === 0 ? due : Math.max(due, this.#renewedAt + (end - this.#renewedAt) / 10)
      if (now < at) return at - now
      await this.#renew()
      this.#renewedAt = this.#services.now()
      this.#failures = 0
      return 0
    } catch (error) {
      if (signal.aborted) return 0
      const why = error instanceof Error ? error.message : String(error)
      const failed = `${this.#stamp()}${this.#name} was not renewed: ${why}`
      if (error instanceof EstError && error.isFinal) {
        terminal.err(`${failed}\nhint: it never will be: enrol anew with 'certgate cert enroll'\n`)
        return null
      }
      this.#failures++
      const retryAfter = error instanceof EstError ? error.retryAfter : null
      const wait = retryDelay(this.#failures, left, retryAfter, this.#services.random)
      terminal.err(`${failed}; again in ${Math.ceil(wait / 1000)} s\n`)
      return wait
    }
  }

  /** False: it is renewed, and the command failed. */
  async #renew(): Promise<boolean> {
    const { client, files, newKey, command, signal } = this.#options
    const certificate = await renewPair(client, { files, newKey, signal })
    const next = this.#options.stamped ? `, to be renewed again ${iso(this.#nextDue(certificate))}` : ''
    this.#say(`renewed ${this.#name}: valid until ${iso(certificate.validToDate.getTime())}${next}`)
    return command === null || (await this.#run(command))
  }

  /** Its failure does not undo the renewal: it is told, and the next renewal runs it again. */
  #run(command: string): Promise<boolean> {
    const { files, signal, terminal } = this.#options
    const { promise, resolve: settle } = Promise.withResolvers<boolean>()
    const env = { ...process.env, CERTGATE_CERT: files.cert, CERTGATE_KEY: files.key }
    const child = spawn('sh', ['-c', command], { stdio: ['ignore', 'inherit', 'inherit'], env, signal })
    const failed = (why: string) => {
      terminal.err(`${this.#stamp()}the command failed: ${why}\n`)
      settle(false)
    }
    child.once('error', (error) => failed(error.message))
    child.once('exit', (code, killedBy) => {
      if (code === 0) settle(true)
      else failed(killedBy === null ? `exit code ${code}` : killedBy)
    })
    return promise
  }

  /** As `#turn` will wait for it. */
  #nextDue(certificate: X509Certificate): number {
    const now = this.#services.now()
    return Math.max(dueAt(certificate, this.#options.before), now + (certificate.validToDate.getTime() - now) / 10)
  }

  #due(): { readonly at: number; readonly end: number } {
    const { certificate } = readPair(this.#options.files)
    return { at: dueAt(certificate, this.#options.before), end: certificate.validToDate.getTime() }
  }

  get #name(): string {
    return shortPath(this.#options.files.cert, this.#options.terminal.cwd)
  }

  #stamp(): string {
    return this.#options.stamped ? `${iso(this.#services.now())} ` : ''
  }

  #say(message: string): void {
    this.#options.terminal.out(`${this.#stamp()}${message}\n`)
  }
}

const iso = (milliseconds: number): string => new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z')
