/** What became of the requests: each ends up in exactly one of the last three. */
export interface Counts {
  sent: number
  /** The right answer to this very request. */
  answered: number
  /** A refusal that the fault calls for. */
  refused: number
  lost: number
}

export interface FaultResult extends Counts {
  readonly name: string
  readonly outcome: 'held' | 'broken' | 'skipped'
  readonly seconds: number
  readonly figures: Readonly<Record<string, number | string>>
  /** What did not hold, or why it was skipped. */
  readonly notes: readonly string[]
}

/** Collects what one fault showed. */
export class Report {
  readonly counts: Counts = { sent: 0, answered: 0, refused: 0, lost: 0 }
  readonly figures = new Map<string, number | string>()
  readonly broken: string[] = []
  #bounds = 0

  figure(name: string, value: number | string): void {
    this.figures.set(name, value)
  }

  /** One promise of the fault; `seen` tells what was there instead. */
  bound(promise: string, held: boolean, seen: unknown = ''): void {
    this.#bounds++
    if (!held) this.broken.push(seen === '' ? promise : `${promise}: ${typeof seen === 'string' ? seen : JSON.stringify(seen)}`)
  }

  add(counts: Counts): void {
    for (const key of ['sent', 'answered', 'refused', 'lost'] as const) this.counts[key] += counts[key]
  }

  result(name: string, seconds: number): FaultResult {
    const { sent, answered, refused, lost } = this.counts
    // A fault that checked nothing has shown nothing.
    this.bound('at least one bound is checked', this.#bounds > 0)
    this.bound('every request is accounted for', sent === answered + refused + lost, this.counts)
    return {
      name,
      outcome: this.broken.length === 0 ? 'held' : 'broken',
      seconds: Math.round(seconds * 10) / 10,
      sent,
      answered,
      refused,
      lost,
      figures: Object.fromEntries(this.figures),
      notes: this.broken,
    }
  }
}

/** One line, and one more for each bound that did not hold. */
export function plainResult(result: FaultResult): string {
  const { name, outcome, seconds, sent, answered, refused, lost, figures, notes } = result
  if (outcome === 'skipped') return `${name}: SKIPPED: ${notes.join('; ')}\n`
  const further = Object.entries(figures).map(
    ([key, value]) => `; ${key}: ${typeof value === 'number' ? value.toLocaleString('en') : value}`,
  )
  const [all = '', right, no, gone] = [sent, answered, refused, lost].map((count) => count.toLocaleString('en'))
  const line = `${name}: ${outcome} in ${seconds} s: ${all} sent, ${right} answered rightly, ${no} refused rightly, ${gone} lost${further.join('')}\n`
  return line + notes.map((note) => `  broken: ${note}\n`).join('')
}
