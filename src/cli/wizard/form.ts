import { CertgateError } from '../../errors.ts'
import { LARGEST_CA_FILE, type NamedBytes } from '../own-ca.ts'

/** What a form brought. */
export interface Form {
  /** '' where it is absent. */
  text(field: string): string
  /** null: none was chosen. */
  file(field: string): NamedBytes | null
}

/** Both files, and the fields around them. */
export const LARGEST_FORM = 2 * LARGEST_CA_FILE + 16 * 1024

const LONGEST_TEXT = 4096
const TYPES = /^(?:application\/x-www-form-urlencoded|multipart\/form-data) *(?:;|$)/i

/** null: it is no form, or not a whole one. */
export async function readForm(contentType: string, body: Buffer): Promise<Form | null> {
  if (!TYPES.test(contentType)) return null
  try {
    const data = await new Response(Uint8Array.from(body), { headers: { 'content-type': contentType } }).formData()
    const files = new Map<string, NamedBytes>()
    const texts = new Map<string, string>()
    for (const [field, value] of data) {
      if (typeof value === 'string') texts.set(field, value.slice(0, LONGEST_TEXT))
      else if (value.size > 0) files.set(field, { name: baseName(value.name), bytes: Buffer.from(await value.arrayBuffer()) })
    }
    return { text: (field) => texts.get(field) ?? '', file: (field) => files.get(field) ?? null }
  } catch {
    return null
  }
}

/** As it is shown in messages; some browsers send the path too. */
function baseName(name: string): string {
  return name.split(/[/\\]/).at(-1)?.slice(0, 100) || 'the file'
}

/** What is wrong with a field, by its name; '' is the whole. */
export type Problems = ReadonlyMap<string, CertgateError>

export const NO_PROBLEMS: Problems = new Map()

/** The value of a reader, or the problem that it threw under the name of the field. */
export async function attempt<T>(problems: Map<string, CertgateError>, field: string, read: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof CertgateError)) throw error
    problems.set(field, error)
    return undefined
  }
}
