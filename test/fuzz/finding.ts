/** A promise that an input breaks. `kind` tells one fault from another and holds nothing of the input. */
export class Finding extends Error {
  readonly kind: string

  constructor(kind: string, detail: string) {
    super(detail)
    this.name = 'Finding'
    this.kind = kind
  }
}

/** What was thrown, as a finding: whatever a target does not expect is one. */
export function asFinding(error: unknown): Finding {
  if (error instanceof Finding) return error
  const name = error instanceof Error ? error.name : typeof error
  const where = error instanceof Error ? placeOf(error.stack ?? '') : ''
  return new Finding(`unexpected ${name}${where}`, error instanceof Error ? (error.stack ?? error.message) : String(error))
}

/** The first frame in src: two ways to the same fault are one finding. */
function placeOf(stack: string): string {
  const frame = /\/src\/([\w/.-]+\.ts:\d+)/.exec(stack)
  return frame === null ? '' : ` at src/${frame[1]}`
}
