/**
 * Substrings that every whole match of an RE2 expression holds, read off its source. Deliberately timid: at anything
 * not plainly understood it finds fewer literals, which costs speed and never a match. The expression is valid RE2.
 */
export function regexLiterals(source: string): string[] {
  // Flags may switch case off, and \Q..\E turns operators into text.
  if (/\(\?[^:P<]|\\Q/.test(source)) return []
  const scan = new LiteralScan(source)
  return scan.run()
}

const REPETITION = /^\{\d+(?:,\d*)?\}/
const PUNCTUATION = /^[!-/:-@[-`{-~]$/

class LiteralScan {
  readonly #source: string
  readonly #literals: string[] = []
  #run = ''
  #position = 0

  constructor(source: string) {
    this.#source = source
  }

  run(): string[] {
    while (this.#position < this.#source.length) {
      const character = this.#source.charAt(this.#position)
      // An alternative at the top: nothing is in every match.
      if (character === '|') return []
      if (!this.#step(character)) return []
    }
    this.#break()
    return this.#literals
  }

  /** False where the rest cannot be understood. */
  #step(character: string): boolean {
    if (character === '(') return this.#skip(groupEnd(this.#source, this.#position))
    if (character === '[') return this.#skip(classEnd(this.#source, this.#position))
    if ('*?{'.includes(character)) return this.#quantifier(character)
    if (character === '\\') return this.#escape()
    if ('+.^$'.includes(character)) this.#break()
    else this.#append(character)
    this.#position++
    return true
  }

  /** The character before may be absent. A `+` needs no such care: it repeats what is there at least once. */
  #quantifier(character: string): boolean {
    this.#run = dropLast(this.#run)
    if (character !== '{') return this.#skip(this.#position)
    // A brace that is no repetition is text, and what looks skipped would be operators.
    const repetition = REPETITION.exec(this.#source.slice(this.#position))
    return repetition !== null && this.#skip(this.#position + repetition[0].length - 1)
  }

  #escape(): boolean {
    const next = this.#source.charAt(this.#position + 1)
    if (PUNCTUATION.test(next)) this.#append(next)
    else if ('dDsSwWbBAz'.includes(next) && next !== '') this.#break()
    else return false
    this.#position += 2
    return true
  }

  #append(character: string): void {
    this.#run += character
  }

  #break(): void {
    if (this.#run !== '') this.#literals.push(this.#run)
    this.#run = ''
  }

  #skip(last: number): boolean {
    if (last < 0) return false
    this.#break()
    this.#position = last + 1
    return true
  }
}

/** A quantifier applies to a whole character, which may be two UTF-16 units. */
function dropLast(text: string): string {
  return [...text].slice(0, -1).join('')
}

/** Index of the `)` that ends the group opened at `start`; -1 if there is none. */
function groupEnd(source: string, start: number): number {
  let depth = 0
  for (let i = start; i >= 0 && i < source.length; i++) {
    const character = source.charAt(i)
    if (character === '\\') i++
    else if (character === '[') i = classEnd(source, i)
    else if (character === '(') depth++
    else if (character === ')' && --depth === 0) return i
    if (i < 0) return -1
  }
  return -1
}

/** Index of the `]` that ends the class opened at `start`; -1 if there is none. A `]` that comes first is a member. */
export function classEnd(source: string, start: number): number {
  const first = source.charAt(start + 1) === '^' ? start + 2 : start + 1
  for (let i = first; i < source.length; i++) {
    const character = source.charAt(i)
    if (character === '\\') i++
    else if (character === '[' && source.charAt(i + 1) === ':') {
      const named = source.indexOf(':]', i + 2)
      if (named < 0) return -1
      i = named + 1
    } else if (character === ']' && i > first) return i
  }
  return -1
}
