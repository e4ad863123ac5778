import { isoMoment } from '../../iso-moment.ts'
import { malformed } from '../problem.ts'

/** The parameters of a query, each at most once and none but these. Throws AdminProblem 400. */
export class QueryParameters {
  readonly #query: URLSearchParams

  constructor(query: URLSearchParams, known: readonly string[]) {
    checkQuery(query, known)
    this.#query = query
  }

  text(name: string): string | undefined {
    return this.#query.get(name) ?? undefined
  }

  /** Not negative, `most` at most. */
  whole(name: string, most = Number.MAX_SAFE_INTEGER): number | undefined {
    const text = this.text(name)
    return text === undefined ? undefined : wholeNumber(name, text, most)
  }

  /** Some of these words, separated by commas; undefined where none is given. */
  words<T extends string>(name: string, known: readonly T[]): readonly T[] | undefined {
    const text = this.text(name)
    if (text === undefined || text === '') return undefined
    return text.split(',').map((one) => {
      const word = known.find((other) => other === one)
      if (word === undefined) throw malformed(`unknown ${name} ${JSON.stringify(one.slice(0, 100))}`, `one of ${known.join(', ')}`)
      return word
    })
  }

  /** ISO 8601, in milliseconds since the epoch. */
  time(name: string): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const time = isoMoment(text)
    if (Number.isNaN(time)) throw malformed(`${name} is not a time`, 'write it as 2030-01-31 or 2030-01-31T12:00:00Z')
    return time
  }
}

export function checkQuery(query: URLSearchParams, known: readonly string[]): void {
  for (const name of query.keys()) {
    const hint = known.length === 0 ? 'there are none here' : `there are ${known.join(', ')}`
    if (!known.includes(name)) throw malformed(`unknown parameter ${JSON.stringify(name.slice(0, 100))}`, hint)
    if (query.getAll(name).length > 1) throw malformed(`the parameter ${name} is there twice`)
  }
}

/** Not negative, `most` at most. Throws AdminProblem 400. */
export function wholeNumber(name: string, text: string, most = Number.MAX_SAFE_INTEGER): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (!(value <= most)) throw malformed(`${name} is not a whole number from 0 to ${most}`)
  return value
}

/** Of what is there, those that were given: optional members are absent, not undefined. */
export function given<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
