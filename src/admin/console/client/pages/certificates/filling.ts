import type { TemplateResult } from 'lit-html'
import { button } from '../../parts/button.ts'
import type { IconName } from '../../parts/icon.ts'
import { filesRead } from '../../parts/reading.ts'
import { State } from '../../store.ts'
import type { Wrong } from './drafts.ts'
import { focusProblem } from './focus.ts'
import { NO_PROBLEMS, type Problems, problemsOf } from './problems.ts'

export interface FillingOptions<Draft, Result> {
  /** What nobody has filled in yet. */
  empty(): Draft
  /** What is wrong with it before anybody is asked, by field. */
  wrong(draft: Draft): Wrong
  send(draft: Draft): Promise<Result>
  /** The fields that there are, and those of codes that are of this form alone. */
  readonly shown: readonly string[]
  readonly own?: ReadonlyMap<string, string>
}

/** A form on its way: filled in, sent once it is right, and over with what came of it; until another one is begun. */
export class Filling<Draft, Result> {
  readonly #options: FillingOptions<Draft, Result>
  readonly #draft: State<Draft>
  readonly #problems = new State<Problems>(NO_PROBLEMS)
  readonly #isBusy = new State(false)
  readonly #result = new State<Result | null>(null)

  constructor(options: FillingOptions<Draft, Result>) {
    this.#options = options
    this.#draft = new State(options.empty())
  }

  get draft(): Draft {
    return this.#draft.value
  }

  get problems(): Problems {
    return this.#problems.value
  }

  /** null: it is not sent yet. */
  get result(): Result | null {
    return this.#result.value
  }

  set(change: Partial<Draft>): void {
    this.#draft.value = { ...this.draft, ...change }
  }

  readonly submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    if (this.#isBusy.value) return
    const { wrong, send, shown, own } = this.#options
    this.#isBusy.value = true
    await filesRead()
    const { draft } = this
    const fields = wrong(draft)
    this.#problems.value = { fields, error: null }
    if (fields.size > 0) {
      this.#isBusy.value = false
      return focusProblem()
    }
    try {
      this.#result.value = await send(draft)
    } catch (error) {
      this.#problems.value = problemsOf(error, shown, own)
      focusProblem()
    } finally {
      this.#isBusy.value = false
    }
  }

  submitButton(label: string, icon: IconName): TemplateResult {
    return button({ label, kind: 'primary', icon, submit: true, isBusy: this.#isBusy.value })
  }

  anotherButton(label: string): TemplateResult {
    const act = (): void => {
      this.#draft.value = this.#options.empty()
      this.#result.value = null
    }
    return button({ label, icon: 'plus', act })
  }
}
