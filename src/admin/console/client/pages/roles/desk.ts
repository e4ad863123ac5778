import { ApiError, ask, askText } from '../../api.ts'
import type { JudgedMapping, Role, Route } from '../../api-types.ts'
import { toast } from '../../parts/toast.ts'
import { Resource, State } from '../../store.ts'
import { merged } from './merge.ts'

/** roles_mapping.yml at a moment. */
export interface Version {
  readonly text: string
  readonly tag: string
}

/** The mapping as the gateway has it now. */
export interface Known {
  readonly version: Version
  /** Why its roles cannot be told: only a person can mend the file; null: they can. */
  readonly unusable: ApiError | null
  readonly roles: Readonly<Record<string, Role>>
  /** Of the version that `roles` are of. */
  readonly tag: string
  readonly routes: readonly Route[]
}

export type Step = 'edit' | 'form' | 'review' | 'conflict'

const YAML = 'application/yaml'

/**
 * One person's work on the mapping: a text, what it was made from, and what the file has become since. What others write is taken up while
 * nothing was changed here; else it is kept beside, and nothing is saved until a person has looked at both.
 */
export class MappingDesk {
  readonly step = new State<Step>('edit')
  readonly judged: Resource<JudgedMapping>
  readonly #known: Resource<Known>
  readonly #left: AbortSignal
  readonly #now = new State<Known | null>(null)
  readonly #base = new State<Version>({ text: '', tag: '' })
  readonly #text = new State('')
  readonly #theirs = new State<Version | null>(null)
  readonly #setAside = new State<string | null>(null)
  readonly #saving = new State(false)
  readonly #failed = new State<unknown>(null)
  #from: 'edit' | 'form' | null = null
  #refreshing: Promise<void> = Promise.resolve()
  #heard: { readonly by: string; readonly tag: string } | null = null
  #moves = 0

  constructor(left: AbortSignal) {
    this.#left = left
    this.#known = new Resource(left, fetchKnown)
    this.judged = new Resource(left, async (signal) => judge(this.text, true, signal))
  }

  /** The last that was heard. */
  get now(): Known | null {
    return this.#now.value
  }

  get loading() {
    return this.#known.state
  }

  get base(): Version {
    return this.#base.value
  }

  get text(): string {
    return this.#text.value
  }

  /** As somebody types it. */
  set text(text: string) {
    this.begin()
    this.#text.value = text
  }

  /** Whoever works here begins something else: what is returned tells whether nothing else was begun since. */
  begin(): () => boolean {
    const move = ++this.#moves
    return () => move === this.#moves
  }

  /** What the file became while it was changed here; null: nothing else. */
  get theirs(): Version | null {
    return this.#theirs.value
  }

  /** Who wrote the file as it is now, where the gateway told; null: it was changed on disk, or nothing is known. */
  get by(): string | null {
    return this.#heard !== null && this.#heard.tag === this.now?.version.tag ? this.#heard.by : null
  }

  /** The gateway wrote it for somebody. */
  heard(by: string, tag: string): void {
    this.#heard = { by, tag }
    void this.refresh()
  }

  /** What was written here and made way for another version. */
  get setAside(): string | null {
    return this.#setAside.value
  }

  get isDirty(): boolean {
    return this.text !== this.base.text
  }

  get isSaving(): boolean {
    return this.#saving.value
  }

  /** Why it was not saved; null: nothing failed. */
  get failed(): unknown {
    return this.#failed.value
  }

  /** Looks at what the file is now. Never rejects. */
  refresh(): Promise<void> {
    this.#refreshing = this.#look()
    return this.#refreshing
  }

  /** Resolves once what was last looked for is known: an edit made of what was there before would be refused. */
  async settled(): Promise<void> {
    for (let seen: Promise<void> | null = null; seen !== this.#refreshing; ) {
      seen = this.#refreshing
      await seen
    }
  }

  async #look(): Promise<void> {
    await this.#known.load()
    const known = this.#known.value
    if (known === null || known === this.#now.value) return
    this.#now.value = known
    this.#meet(known.version)
  }

  #meet(version: Version): void {
    if (version.tag === this.base.tag) {
      this.#theirs.value = null
    } else if (!this.isDirty || version.text === this.text) {
      this.#takeUp(version)
    } else if (version.tag !== this.theirs?.tag) {
      this.#theirs.value = version
    }
    if (this.theirs === null && this.step.value === 'conflict') this.step.value = this.isDirty ? 'review' : 'edit'
  }

  #takeUp(version: Version): void {
    this.#base.value = version
    this.#theirs.value = null
    this.#text.value = version.text
    if (this.step.value === 'review' && !this.isSaving) this.step.value = 'edit'
  }

  /** Shows what would come of it. `made`: an edit of roles that the gateway has made already, and where one goes back to from there. */
  review(made?: { readonly text: string; readonly judged: JudgedMapping; readonly from: 'edit' | 'form' }): void {
    this.#failed.value = null
    this.#from = made?.from ?? null
    this.begin()
    if (made !== undefined) {
      this.#text.value = made.text
      this.judged.value = made.judged
    } else void this.judged.load()
    this.step.value = this.theirs === null ? 'review' : 'conflict'
  }

  edit(): void {
    this.begin()
    this.#failed.value = null
    this.step.value = 'edit'
  }

  /** One role is edited by fields. */
  openForm(): void {
    this.begin()
    this.step.value = 'form'
  }

  /** From the review; what fields made is made by them again. */
  goBack(): void {
    const from = this.#from
    if (from === null) this.edit()
    else {
      this.discard()
      this.step.value = from
    }
  }

  discard(): void {
    this.#takeUp(this.theirs ?? this.base)
    this.edit()
  }

  /** Resolves once it is in force, or was not saved and why is shown. */
  async save(): Promise<void> {
    const { text } = this
    this.#failed.value = null
    this.#saving.value = true
    try {
      const given = { text: { type: YAML, content: text }, ifMatch: this.base.tag }
      const { value, etag } = await ask<{ changes: readonly unknown[] }>('PUT /api/v1/mapping.yml', given)
      if (this.#left.aborted) return
      this.#base.value = { text, tag: etag ?? '' }
      this.#theirs.value = null
      this.edit()
      const many = value.changes.length
      toast('good', many === 0 ? 'Saved. No role changed.' : `Saved, and in force: ${many === 1 ? 'one role' : `${many} roles`} changed.`)
    } catch (error) {
      if (this.#left.aborted) return
      if (error instanceof ApiError && error.status === 412) await this.#lookAgain(error)
      else this.#failed.value = error
    } finally {
      this.#saving.value = false
    }
    void this.refresh()
  }

  /** What was refused for another version that is not to be found is said: else nothing would seem to have happened. */
  async #lookAgain(refusal: ApiError): Promise<void> {
    const { tag } = this.base
    await this.refresh()
    if (this.theirs !== null) this.step.value = 'conflict'
    else if (this.base.tag === tag) this.#failed.value = refusal
  }

  /** Both changes; null: only a person can say. */
  get merged(): string | null {
    return this.theirs === null ? null : merged(this.base.text, this.text, this.theirs.text)
  }

  /** Goes on from their version with `text`: the review shows what that changes of theirs. */
  goOn(text: string): void {
    const { theirs } = this
    if (theirs === null) return
    this.#base.value = theirs
    this.#theirs.value = null
    this.#text.value = text
    if (this.isDirty) this.review()
    else this.edit()
  }

  takeTheirs(): void {
    this.#setAside.value = this.text
    this.discard()
  }

  /** `putBack`: it is the text again. */
  endSetAside(putBack: boolean): void {
    const text = this.setAside
    this.#setAside.value = null
    if (putBack && text !== null) this.text = text
  }
}

/** What the gateway says to a text; nothing is written. `withAffected`: and who would have other roles, which may take seconds. */
export async function judge(text: string, withAffected: boolean, signal: AbortSignal): Promise<JudgedMapping> {
  const given = { text: { type: YAML, content: text }, signal }
  return (await ask<JudgedMapping>(`POST /api/v1/mapping/validate?affected=${withAffected}`, given)).value
}

async function fetchKnown(signal: AbortSignal): Promise<Known> {
  const [file, roles, routes] = await Promise.all([
    askText('GET /api/v1/mapping.yml', { signal }),
    ask<{ roles: Record<string, Role> }>('GET /api/v1/mapping', { signal }).catch(unusable),
    ask<{ routes: readonly Route[] }>('GET /api/v1/routes', { signal }),
  ])
  const version = { text: file.value, tag: file.etag ?? '' }
  const { routes: all } = routes.value
  if (roles instanceof ApiError) return { version, unusable: roles, roles: {}, tag: version.tag, routes: all }
  return { version, unusable: null, roles: roles.value.roles, tag: roles.etag ?? '', routes: all }
}

function unusable(error: unknown): ApiError {
  if (error instanceof ApiError && error.code === 'mapping_unusable') return error
  throw error
}
