import { html, nothing, type TemplateResult } from 'lit-html'
import { ask } from '../../api.ts'
import type { ChainVerdict } from '../../api-types.ts'
import { count, plural } from '../../format.ts'
import { copyable } from '../../parts/copy.ts'
import { failure, loading, notice } from '../../parts/states.ts'
import { moment } from '../../parts/time.ts'
import { Resource, State } from '../../store.ts'

interface Checked {
  readonly verdict: ChainVerdict
  readonly at: string
}

/** Whether the log is as it was written: asked for by a button, told above the log. */
export class ChainCheck {
  readonly #checked: Resource<Checked>
  readonly #isShown = new State(false)

  constructor(left: AbortSignal) {
    this.#checked = new Resource(left, async (signal) => {
      const { value } = await ask<ChainVerdict>('GET /api/v1/audit/verify', { signal })
      return { verdict: value, at: new Date().toISOString() }
    })
  }

  get isBusy(): boolean {
    return this.#checked.isBusy
  }

  async check(): Promise<void> {
    this.#isShown.value = true
    await this.#checked.load()
  }

  view(): TemplateResult | typeof nothing {
    if (!this.#isShown.value) return nothing
    const { state } = this.#checked
    return html`<div class="audit-chain" role="status">
      ${this.isBusy || state.kind === 'loading' ? loading('Reading the whole log') : state.kind === 'failed' ? failure(state.error) : verdictView(state.value)}
    </div>`
  }
}

function verdictView({ verdict, at }: Checked): TemplateResult {
  if (!verdict.ok) {
    const where = html`<a href="/console/audit/${verdict.sequence}">Entry #${verdict.sequence}</a>`
    const more = html`<p>${where}: ${verdict.problem}.</p><p class="muted">What comes after it proves nothing. Compare with an export or a backup that you trust.</p>`
    return notice('bad', `The chain breaks at entry #${count(verdict.sequence)}`, more)
  }
  const upTo =
    verdict.entries === 0
      ? 'The log is empty'
      : `Chain verified up to #${verdict.entries}: ${plural(verdict.entries, 'entry', 'entries')}, each as it was written`
  const more = html`<p class="audit-chain-head">Head ${copyable(verdict.head, 'head', `${verdict.head.slice(0, 16)}…`)} <span class="muted">checked ${moment(at)}. Note the head elsewhere: with it, a log that was cut off or replaced is noticed too.</span></p>`
  return notice('good', upTo, more)
}
