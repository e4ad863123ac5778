import type { Store } from '../../store/store.ts'
import { isNewBaseDue, Registry } from '../../tls/registry.ts'
import type { RegistryBase } from '../../tls/registry-base.ts'
import type { RegistryDelta } from '../../tls/registry-types.ts'
import type { WorkerPool } from '../workers/pool.ts'
import { type RegistryNews, WorkerGoneError, type WorkerProcess } from '../workers/process.ts'
import { baseFileOf, baseToStartFrom, bytesUnlessKept, older, sealBase } from './base-file.ts'

/** Milliseconds for each record that is read and each change that is taken up: several times what they were measured to take. */
const PER_RECORD = 0.01
const PER_CHANGE = 0.03

/** Milliseconds. */
export interface RegistryDeadlines {
  /** For a change: a worker that has not taken it up might still let a revoked certificate in, and is killed. */
  readonly change: number
  /** For a base that only replaces changes that are known, and for whatever a worker gets that nobody is served by yet. */
  readonly leisure: number
  /** Between two looks at the store for what another process changed. */
  readonly poll: number
}

export interface PublisherOptions {
  readonly store: Store
  readonly pool: Pick<WorkerPool, 'workers' | 'busyFor'>
  log(level: 'info' | 'warn' | 'error', message: string, fields: Readonly<Record<string, unknown>>): void
  /** Told each time that the store could not be read. */
  unreadable?(error: unknown): void
  readonly deadlines?: Partial<RegistryDeadlines>
}

const defaults: RegistryDeadlines = { change: 1_000, leisure: 30_000, poll: 250 }

/** Told whose connections are to be judged again, by public key; null: everybody's. */
export type RegistryListener = (pins: ReadonlySet<string> | null) => void

/** Keeps control's own registry and that of every worker as the store is, whichever process changes it. */
export class RegistryPublisher {
  /** Control's own, for whoever connects to control itself. */
  readonly registry: Registry
  readonly #options: PublisherOptions
  readonly #deadlines: RegistryDeadlines
  readonly #listeners = new Set<RegistryListener>()
  /** What each worker has yet to answer. Gone with the worker. */
  readonly #answers = new WeakMap<WorkerProcess, Promise<void>>()
  readonly #mending = new WeakSet<WorkerProcess>()
  #base: RegistryBase
  /** Since the base: what a worker that starts gets with it. */
  #deltas: RegistryDelta[] = []
  /** What the store was when it was last caught up with; see assertGoesOn. */
  #known: { readonly epoch: string; readonly history: string } | null = null
  #sealing: Promise<void> | null = null
  #timer: NodeJS.Timeout | null = null
  #looking = false
  #failing = false
  #stale = false

  private constructor(options: PublisherOptions, base: RegistryBase) {
    this.#options = options
    this.#deadlines = { ...defaults, ...options.deadlines }
    this.#base = base
    this.registry = new Registry(base)
  }

  /** Rejects where the store cannot be read, or the base for the workers not be written: nothing is served then. */
  static async open(options: PublisherOptions): Promise<RegistryPublisher> {
    const publisher = new RegistryPublisher(options, await baseToStartFrom(options.store))
    await publisher.#catchUp()
    publisher.#timer = setInterval(() => void publisher.#look(), publisher.#deadlines.poll).unref()
    return publisher
  }

  /** Adds somebody to be told after each change, once control's own registry has it. */
  onChange(listener: RegistryListener): void {
    this.#listeners.add(listener)
  }

  /**
   * Resolves once every worker that may answer somebody has the registry as it is now, or was killed for not taking it. Rejects where
   * the store cannot be read.
   */
  async published(): Promise<void> {
    await this.#catchUp()
    await Promise.all(this.#options.pool.workers.map((worker) => (worker.state === 'starting' ? undefined : this.#answers.get(worker))))
  }

  /**
   * Throws `store_lost` where the store is an older copy of what was known, whatever was written to it since: what it counts as changes would
   * be taken for known ones. One from before a restore is older too; one that `restore` put in its place says so.
   */
  assertGoesOn(): void {
    const { store } = this.#options
    if (this.#known !== null && !store.goesOnFrom(this.#known)) throw older(store)
  }

  /** Resolves once a worker has all that is known, from the base on. */
  async welcome(worker: WorkerProcess): Promise<void> {
    if (!worker.followsRegistry) void this.#introduce(worker)
    await this.#answers.get(worker)
  }

  /** Whether workers let somebody in by what they know; resolves once each has taken it up, or was killed. */
  async setStale(stale: boolean): Promise<void> {
    this.#stale = stale
    const following = this.#options.pool.workers.filter((worker) => worker.followsRegistry)
    await Promise.all(following.map((worker) => this.#bring(worker, { kind: 'registry_stale', stale }, 0)))
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
    this.#listeners.clear()
  }

  /** What another process changed; a store that cannot be read is told once, and what was known stays in force. */
  async #look(): Promise<void> {
    if (this.#looking) return
    this.#looking = true
    try {
      await this.#catchUp()
      if (this.#failing) this.#options.log('info', 'the registry can be read again', {})
      this.#failing = false
    } catch (error) {
      this.#options.unreadable?.(error)
      if (!this.#failing) this.#options.log('error', 'the registry cannot be read: what is known of it stays in force', { err: error })
      this.#failing = true
    } finally {
      this.#looking = false
    }
  }

  async #catchUp(): Promise<void> {
    this.#options.store.assertInPlace()
    if (this.#follow()) return
    // What is being sealed may have been read before.
    await this.#sealing
    if (this.#follow()) return
    await this.#newBase()
    this.#follow()
  }

  #follow(): boolean {
    this.assertGoesOn()
    if (!this.#takeChanges()) return false
    this.#known = { epoch: this.registry.epoch, history: this.#options.store.audit.history() }
    return true
  }

  /** Tells everybody what changed since the version held; false where only a new base can. */
  #takeChanges(): boolean {
    const source = this.#options.store.registry
    const { epoch } = source.current()
    if (epoch !== this.registry.epoch) return false
    for (let more = true; more; ) {
      const { version: follows } = this.registry
      const found = source.changesSince(follows)
      if (found === null) return false
      if (found.version > follows) this.#tell({ epoch, follows, version: found.version, changes: found.changes })
      more = found.more
    }
    return true
  }

  get #changeCount(): number {
    return this.#deltas.reduce((sum, { changes }) => sum + changes.length, 0)
  }

  #tell(delta: RegistryDelta): void {
    const outcome = this.registry.apply(delta)
    this.#deltas.push(delta)
    for (const worker of this.#options.pool.workers) {
      if (worker.followsRegistry)
        this.#await(worker, this.#bring(worker, { kind: 'registry_delta', delta }, delta.changes.length * PER_CHANGE))
    }
    if (outcome.kind === 'applied') this.#announce(outcome.pins)
    if (isNewBaseDue(this.#base.size, this.#changeCount)) this.#newBaseAtLeisure()
  }

  /** Resolves once it has taken up all of it. */
  #introduce(worker: WorkerProcess): Promise<unknown> {
    worker.followsRegistry = true
    const { epoch, version, size } = this.#base
    const reading = size * PER_RECORD
    const news: RegistryNews[] = [
      {
        kind: 'registry_base',
        file: baseFileOf(this.#options.store),
        epoch,
        version,
        bytes: bytesUnlessKept(this.#options.store, this.#base),
      },
    ]
    const changes = this.#deltas.flatMap((delta) => delta.changes)
    if (this.#deltas.length > 0) {
      news.push({ kind: 'registry_delta', delta: { epoch, follows: version, version: this.registry.version, changes } })
    }
    if (this.#stale) news.push({ kind: 'registry_stale', stale: true })
    const taken = news.map((one) => this.#bring(worker, one, reading + changes.length * PER_CHANGE))
    for (const one of taken) this.#await(worker, one)
    return Promise.all(taken)
  }

  #await(worker: WorkerProcess, answer: Promise<void>): void {
    const before = this.#answers.get(worker)
    const all = Promise.all([before, answer]).then(() => {})
    // Whoever waits for it hears of it; nobody has to.
    all.catch(() => {})
    this.#answers.set(worker, all)
  }

  /** `more`: milliseconds for its size. */
  async #bring(worker: WorkerProcess, news: RegistryNews, more: number, leisure = worker.state === 'starting'): Promise<void> {
    try {
      const { change, leisure: long } = this.#deadlines
      const gap = await worker.takeRegistry(news, (leisure ? long : change) + more + this.#options.pool.busyFor)
      if (gap !== null) await this.#mend(worker, gap)
    } catch (error) {
      // Killed, or gone by itself: it answers nobody.
      if (!(error instanceof WorkerGoneError)) throw error
    }
  }

  /** It lacks something, or cannot use its base: once it gets a new one. */
  async #mend(worker: WorkerProcess, gap: string): Promise<void> {
    const { log } = this.#options
    if (this.#mending.has(worker) || worker.state === 'starting') {
      worker.kill(`it could not take up the registry: ${gap}`)
      return
    }
    this.#mending.add(worker)
    log('warn', `worker ${worker.pid} gets the registry anew: ${gap}`, { worker: worker.pid })
    try {
      await this.#newBase()
      await this.#introduce(worker)
      this.#mending.delete(worker)
    } catch (error) {
      worker.kill(`there is no registry for it: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  #newBaseAtLeisure(): void {
    if (this.#sealing !== null) return
    this.#newBase().catch((error) => this.#options.log('warn', 'the registry could not be sealed anew, changes go on', { err: error }))
  }

  #newBase(): Promise<void> {
    this.#sealing ??= this.#seal().finally(() => {
      this.#sealing = null
    })
    return this.#sealing
  }

  async #seal(): Promise<void> {
    const { store } = this.#options
    this.assertGoesOn()
    const { epoch, version } = this.registry
    const base = await sealBase(store, { epoch, version })
    // Changes that came while it was written are told as such: nobody waits for a base to learn of a revocation.
    const known = this.#takeChanges() && base.epoch === this.registry.epoch && base.version <= this.registry.version
    this.registry.rebase(base)
    this.#base = base
    this.#deltas = known ? this.#deltas.filter(({ version }) => version > base.version) : []
    const news: RegistryNews = { kind: 'registry_base', file: baseFileOf(store), epoch: base.epoch, version: base.version, bytes: null }
    for (const worker of this.#options.pool.workers) {
      if (!worker.followsRegistry) continue
      const taken = this.#bring(worker, news, base.size * PER_RECORD, known)
      if (!known) this.#await(worker, taken)
    }
    this.#announce(null)
    try {
      // Whoever starts from this base knows of them.
      store.registry.forgetRemovals(base.version)
    } catch {
      // They cost some bytes until the next time.
    }
  }

  #announce(pins: ReadonlySet<string> | null): void {
    for (const listener of this.#listeners) listener(pins)
  }
}
