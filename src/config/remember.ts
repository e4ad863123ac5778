import { createHash } from 'node:crypto'

/** What was made of each object, for as long as the object lives. For functions of nothing but immutable data. */
export function rememberByObject<From extends object, To>(make: (from: From) => To): (from: From) => To {
  const memory = new WeakMap<From, { readonly made: To }>()
  return (from) => {
    const known = memory.get(from)
    if (known !== undefined) return known.made
    const made = make(from)
    memory.set(from, { made })
    return made
  }
}

/** What is in force, and what an edit makes of it. */
const TEXTS = 2

/**
 * What was last made of each file's last two texts: the same text gives the same object again. A mapping of 100,000 users takes a second
 * to parse, most reloads are about something else, and an edit looks at both many times. What throws is not remembered.
 */
export function rememberByText<To>(parse: (text: string, file: string) => To): (text: string, file: string) => To {
  const memory = new Map<string, { readonly digest: string; readonly made: To }[]>()
  return (text, file) => {
    const digest = createHash('sha256').update(text).digest('hex')
    const known = memory.get(file) ?? []
    const found = known.find((one) => one.digest === digest) ?? { digest, made: parse(text, file) }
    memory.set(file, [found, ...known.filter((one) => one !== found)].slice(0, TEXTS))
    return found.made
  }
}
