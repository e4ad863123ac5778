import type { FromWorker, RegistryMessage } from '../ipc/messages.ts'
import { Registry } from '../tls/registry.ts'
import { emptyBase, openBase, parseBase } from '../tls/registry-base.ts'
import { RegistryBaseError } from '../tls/registry-layout.ts'

type BaseMessage = Extract<RegistryMessage, { kind: 'registry_base' }>
type DeltaMessage = Extract<RegistryMessage, { kind: 'registry_delta' }>

/**
 * The registry of this worker, kept as control says. A delta counts, and whom it refuses is cut off, before it is answered: control lets
 * nobody believe earlier that a revocation holds.
 */
export class RegistryHolder {
  readonly registry = new Registry(emptyBase())
  readonly #send: (message: FromWorker) => void
  readonly #changed: (pins: ReadonlySet<string> | null) => void
  #stale = false
  /** Bases that are being read or wait for it. */
  #loading = 0
  #loaded: Promise<void> = Promise.resolve()
  /** Deltas to a base that is not there yet. */
  readonly #waiting: DeltaMessage[] = []

  /** `changed` judges the connections of these public keys again; null: all of them. */
  constructor(send: (message: FromWorker) => void, changed: (pins: ReadonlySet<string> | null) => void) {
    this.#send = send
    this.#changed = changed
  }

  /** What it says is too old to let anybody in by. */
  get stale(): boolean {
    return this.#stale
  }

  receive(message: RegistryMessage): void {
    if (message.kind === 'registry_stale') {
      this.#stale = message.stale
      if (message.stale) this.#changed(null)
      this.#answer(message.id, null)
    } else if (message.kind === 'registry_base') {
      this.#loading++
      this.#loaded = this.#loaded.then(() => this.#takeBase(message))
    } else if (this.#loading > 0 && message.delta.epoch !== this.registry.epoch) {
      this.#waiting.push(message)
    } else {
      // Also while a new base is read: a revocation does not wait for that.
      this.#takeDelta(message)
    }
  }

  #takeDelta({ id, delta }: DeltaMessage): void {
    const outcome = this.registry.apply(delta)
    if (outcome.kind === 'applied') this.#changed(outcome.pins)
    this.#answer(id, outcome.kind === 'gap' ? `changes follow version ${delta.follows}` : null)
  }

  async #takeBase({ id, file, epoch, version, bytes }: BaseMessage): Promise<void> {
    let gap: string | null = null
    try {
      const base = bytes === null ? await openBase(file) : await parseBase(Buffer.from(bytes))
      if (base.epoch !== epoch || base.version < version) throw new RegistryBaseError(`the registry base ${file} is another one`)
      this.registry.rebase(base)
      this.#changed(null)
    } catch (error) {
      gap = error instanceof Error ? error.message : String(error)
    }
    this.#loading--
    this.#answer(id, gap)
    for (const message of this.#waiting.splice(0)) this.receive(message)
  }

  #answer(id: number, gap: string | null): void {
    const { epoch, version } = this.registry
    this.#send({ kind: 'registry', id, epoch, version, gap })
  }
}
